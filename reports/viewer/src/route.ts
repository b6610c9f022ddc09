// What is looked at, in the URL's fragment, so that a link or a reload opens the same view.

export interface Route {
  case?: string; connection?: number; packet?: number;
  over?: string[];  // cases whose load is laid over this one's
  text: string; statuses: string[]; tag: string; rule: string;
}

const number = (text: string | null) => (text !== null && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined);

export function parse(fragment: string): Route {
  const words = new URLSearchParams(fragment.replace(/^#/, ""));
  return {
    case: words.get("case") ?? undefined,
    connection: number(words.get("connection")),
    packet: number(words.get("packet")),
    over: words.getAll("over"),
    text: words.get("text") ?? "",
    statuses: (words.get("status") ?? "").split(",").filter((word) => word !== ""),
    tag: words.get("tag") ?? "",
    rule: words.get("rule") ?? "",
  };
}

export function fragment(route: Route): string {
  const words = new URLSearchParams();
  if (route.case !== undefined) words.set("case", route.case);
  if (route.case !== undefined && route.connection !== undefined) words.set("connection", String(route.connection));
  if (route.case !== undefined && route.packet !== undefined) words.set("packet", String(route.packet));
  if (route.case !== undefined) for (const id of route.over ?? []) words.append("over", id);
  if (route.text) words.set("text", route.text);
  if (route.statuses.length) words.set("status", route.statuses.join(","));
  if (route.tag) words.set("tag", route.tag);
  if (route.rule) words.set("rule", route.rule);
  return "#" + words.toString();
}

export const current = () => parse(location.hash);

// Shown at once, and not in the history: typing in a filter is no journey.
export function replace(route: Route): void {
  history.replaceState(null, "", fragment(route));
}
