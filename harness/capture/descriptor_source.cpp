#include "capture/descriptor_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <array>
#include <cstring>

#include "base/error.h"

namespace wireproof::capture {
namespace {

// Where no notice of a change comes (a network file system), the file is looked at this often.
constexpr int look_again_ms = 200;

}  // namespace

DescriptorSource::DescriptorSource(Fd fd, const std::filesystem::path& file,
                                   const SourceOptions& options)
    : fd_(std::move(fd)), options_(options) {
  struct stat status = {};
  regular_ = ::fstat(fd_.get(), &status) == 0 && S_ISREG(status.st_mode);
  if (!regular_) return;
  ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  // Standard input may be a file somebody has read from already.
  if (const off_t at = ::lseek(fd_.get(), 0, SEEK_CUR); at > 0) {
    position_ = static_cast<std::uint64_t>(at);
  }
  if (!options_.follow) return;
  changes_ = Fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (changes_.is_open()) {
    ::inotify_add_watch(changes_.get(), file.c_str(), IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB);
  }
}

Source::Result DescriptorSource::fail(std::string problem) {
  problem_ = std::move(problem);
  return {Got::damaged, 0};
}

bool DescriptorSource::stopped() const {
  if (options_.stop_fd < 0) return false;
  pollfd stop = {options_.stop_fd, POLLIN, 0};
  return ::poll(&stop, 1, 0) > 0;
}

bool DescriptorSource::ready(Wait wait) {
  if (regular_) return true;
  std::array<pollfd, 2> both = {pollfd{fd_.get(), POLLIN, 0}, pollfd{options_.stop_fd, POLLIN, 0}};
  const nfds_t count = options_.stop_fd < 0 ? 1 : 2;
  const int patience = wait == Wait::no ? 0 : options_.tell_quiet ? look_again_ms : -1;
  retry_eintr([&] { return ::poll(both.data(), count, patience); });
  return both[0].revents != 0;
}

bool DescriptorSource::await_change() {
  std::array<pollfd, 2> both = {pollfd{changes_.get(), POLLIN, 0},
                                pollfd{options_.stop_fd, POLLIN, 0}};
  const int changed = retry_eintr([&] { return ::poll(both.data(), both.size(), look_again_ms); });
  std::array<char, 4096> events;  // only that there were some matters
  while (changes_.is_open() && ::read(changes_.get(), events.data(), events.size()) > 0) {
  }
  return changed > 0;
}

Source::Result DescriptorSource::read(std::span<std::uint8_t> into, Wait wait) {
  for (;;) {
    if (stopped()) return {Got::stopped, 0};
    if (!ready(wait)) {
      if (wait == Wait::no || options_.tell_quiet) return {Got::nothing_yet, 0};
      continue;
    }
    const ssize_t got = retry_eintr([&] { return ::read(fd_.get(), into.data(), into.size()); });
    if (got < 0 && errno == EAGAIN) {  // somebody made our standard input non-blocking
      pollfd one = {fd_.get(), POLLIN, 0};
      if (wait == Wait::no) return {Got::nothing_yet, 0};
      retry_eintr([&] { return ::poll(&one, 1, look_again_ms); });
      continue;
    }
    if (got < 0) return fail(std::string("cannot read on: ") + std::strerror(errno));
    if (got > 0) {
      position_ += static_cast<std::uint64_t>(got);
      return {Got::bytes, static_cast<std::size_t>(got)};
    }
    if (!options_.follow || !regular_) return {Got::end, 0};
    if (const auto now = size(); now && *now < position_) {
      return fail("the file became shorter while it was read");
    }
    if (wait == Wait::no) return {Got::nothing_yet, 0};
    if (!await_change() && options_.tell_quiet) return {Got::nothing_yet, 0};
  }
}

std::optional<std::uint64_t> DescriptorSource::size() const {
  struct stat status = {};
  if (!regular_ || ::fstat(fd_.get(), &status) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace wireproof::capture
