#include "process/output_reader.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "process/testing.h"

namespace wireproof::process {
namespace {

using namespace std::chrono_literals;

TEST(BoundedText, KeepsAllUpToTheLimit) {
  BoundedText text(10);
  text.append("01234", 5);
  text.append("56789", 5);
  EXPECT_EQ(text.output().text, "0123456789");
  EXPECT_EQ(text.output().total_bytes, 10u);
}

TEST(BoundedText, KeepsBothEndsBeyondIt) {
  BoundedText text(10);
  text.append("0123456789A", 11);
  EXPECT_EQ(text.output().text, "01234\n[... 1 bytes left out ...]\n6789A");
  EXPECT_EQ(text.output().total_bytes, 11u);
}

// However the stream is cut into pieces, the result is the same.
TEST(BoundedText, PiecesDoNotMatter) {
  std::string all;
  for (int i = 0; i < 500; ++i) all.push_back(static_cast<char>('a' + i % 26));
  BoundedText whole(64);
  whole.append(all.data(), all.size());
  for (const std::size_t piece : {1u, 3u, 31u, 32u, 33u, 100u, 499u}) {
    BoundedText text(64);
    for (std::size_t at = 0; at < all.size(); at += piece)
      text.append(all.data() + at, std::min(piece, all.size() - at));
    EXPECT_EQ(text.output().text, whole.output().text) << piece;
    EXPECT_EQ(text.output().total_bytes, 500u);
  }
}

TEST(BoundedText, NoLimitIsNoText) {
  BoundedText text(0);
  text.append("abc", 3);
  EXPECT_EQ(text.output().text, "\n[... 3 bytes left out ...]\n");
}

struct Pipes {
  Pipes() {
    for (auto* ends : {&out, &err}) {
      int fds[2];
      if (::pipe2(fds, O_CLOEXEC) != 0) throw_errno("make", "a pipe");
      ends->first = Fd(fds[0]);
      ends->second = Fd(fds[1]);
    }
  }
  std::pair<Fd, Fd> out, err;
};

TEST(OutputReader, ReadsBothUntilTheirEnds) {
  Pipes pipes;
  OutputReader reader(std::move(pipes.out.first), std::move(pipes.err.first), 100);
  ASSERT_EQ(::write(pipes.out.second.get(), "out", 3), 3);
  ASSERT_EQ(::write(pipes.err.second.get(), "err", 3), 3);
  EXPECT_FALSE(reader.await_end(Deadline::after(10ms)));
  pipes.out.second.close();
  pipes.err.second.close();
  EXPECT_TRUE(reader.await_end(Deadline::after(5s)));
  EXPECT_EQ(reader.output(0).text, "out");
  EXPECT_EQ(reader.output(1).text, "err");
}

TEST(OutputReader, StopTakesWhatIsThereThoughAnEndStaysOpen) {
  Pipes pipes;
  OutputReader reader(std::move(pipes.out.first), std::move(pipes.err.first), 1 << 20);
  const std::string much(60'000, 'x');
  ASSERT_EQ(::write(pipes.out.second.get(), much.data(), much.size()), 60'000);
  reader.stop();
  EXPECT_EQ(reader.output(0).total_bytes, 60'000u);
}

TEST(OutputReader, AFloodNeitherBlocksNorGrows) {
  Pipes pipes;
  OutputReader reader(std::move(pipes.out.first), std::move(pipes.err.first), 1000);
  const std::string much(1 << 20, 'x');
  for (int i = 0; i < 64; ++i)
    ASSERT_EQ(::write(pipes.out.second.get(), much.data(), much.size()), 1 << 20);
  pipes.out.second.close();
  pipes.err.second.close();
  ASSERT_TRUE(reader.await_end(Deadline::after(10s)));
  EXPECT_EQ(reader.output(0).total_bytes, 64u << 20);
  EXPECT_LT(reader.output(0).text.size(), 1100u);
}

}  // namespace
}  // namespace wireproof::process
