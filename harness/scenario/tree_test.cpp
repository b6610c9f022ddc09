#include "scenario/tree.h"

#include <gtest/gtest.h>

namespace wireproof::scenario {
namespace {

Node parsed(const Source& source) {
  auto tree = parse_tree(source);
  EXPECT_TRUE(tree.has_value()) << (tree ? "" : to_string(tree.error()[0]));
  return tree ? std::move(*tree) : Node{};
}

// Each value's first character in the text is where its offset says.
void expect_places(const Node& node, std::string_view text) {
  const char first = text[node.offset];
  if (node.object()) {
    EXPECT_EQ(first, '{');
    for (const Member& member : *node.object()) {
      EXPECT_EQ(text[member.key_offset], '"');
      EXPECT_EQ(text.substr(member.key_offset + 1, member.key.size()), member.key);
      expect_places(member.value, text);
    }
  } else if (node.list()) {
    EXPECT_EQ(first, '[');
    for (const Node& entry : *node.list()) expect_places(entry, text);
  } else if (node.string()) {
    EXPECT_EQ(first, '"');
  } else if (const bool* flag = std::get_if<bool>(&node.value)) {
    EXPECT_EQ(first, *flag ? 't' : 'f');
  } else if (const auto* integer = std::get_if<std::int64_t>(&node.value)) {
    EXPECT_EQ(std::strtoll(text.data() + node.offset, nullptr, 10), *integer);
  } else if (node.is_null()) {
    EXPECT_EQ(first, 'n');
  }
}

TEST(Tree, KnowsWhereEverythingStands) {
  const std::string text =
      "// a, b: {\n{ /*[,:*/\"a\"/**/:/*,*/1/* */,\"b\"://x\n[1,-20 "
      ",3.5,1e3,true,false,null,\"x\\\",y\","
      "{},[],{\"c\":0},0,[[\"\"]]],\"d\\u0041\":\"z\",\"e\":12}";
  const Source source("f", text);
  const Node root = parsed(source);
  ASSERT_EQ(root.object()->size(), 4u);
  EXPECT_EQ(root.find("b")->list()->size(), 13u);
  EXPECT_EQ(std::get<std::int64_t>(root.find("e")->value), 12);
  EXPECT_EQ(text[root.find("dA")->offset + 1], 'z');
  const Node& list = *root.find("b");
  expect_places(list, text);
  EXPECT_EQ(text.substr((*list.list())[2].offset, 3), "3.5");
  EXPECT_EQ(text.substr((*list.list())[3].offset, 3), "1e3");
}

TEST(Tree, TakesNumbersOfAllSizes) {
  const std::string text = "[9223372036854775807, 9223372036854775808, -9223372036854775808]";
  const Source source("f", text);
  const Node root = parsed(source);
  EXPECT_EQ(std::get<std::int64_t>((*root.list())[0].value), INT64_MAX);
  EXPECT_EQ(std::get<double>((*root.list())[1].value), 9223372036854775808.0);
  EXPECT_EQ(std::get<std::int64_t>((*root.list())[2].value), INT64_MIN);
}

TEST(Source, CountsCharactersNotBytes) {
  const Source source("f", "a\näö\xE4\xBD\xA0x\r\ny");
  EXPECT_EQ(to_string(source.position(2)), "f:2:1");
  EXPECT_EQ(to_string(source.position(source.text().find('x'))), "f:2:4");
  EXPECT_EQ(source.line(2), "äö\xE4\xBD\xA0x");
  EXPECT_EQ(to_string(source.position(source.text().size())), "f:3:2");
  EXPECT_EQ(to_string(source.position(source.text().size() + 9)), "f:3:2");
  EXPECT_EQ(to_string(Source("f", "").position(0)), "f:1:1");
}

}  // namespace
}  // namespace wireproof::scenario
