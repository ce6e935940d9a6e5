#include "reconciler/cli/secret_prompt.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "reconciler/transport/file_descriptor.h"

namespace hearth {
namespace {

// A terminal with a person before it who types each of ANSWERS when asked.
class Prompt : public ::testing::Test {
 protected:
  void SetUp() override {
    person_ = FileDescriptor(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    ASSERT_TRUE(person_.valid() && ::grantpt(person_.get()) == 0 && ::unlockpt(person_.get()) == 0);
    std::array<char, 64> name{};
    ASSERT_EQ(::ptsname_r(person_.get(), name.data(), name.size()), 0);
    terminal_ = FileDescriptor(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    ASSERT_TRUE(terminal_.valid());
  }

  Result<SecretText> ask(const std::vector<std::string>& answers) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const FileDescriptor questions(ends[0]);
    FileDescriptor out(ends[1]);
    std::optional<Result<SecretText>> result;
    std::thread asks([&] {
      result.emplace(ask_for_secret("samba/eve", terminal_.get(), out.get()));
      out.reset();
    });
    std::size_t given = 0;
    char c = 0;
    while (::read(questions.get(), &c, 1) == 1) {
      asked_ += c;
      if (!asked_.ends_with(": ")) continue;
      const std::string line = given < answers.size() ? answers[given++] : "\x04";
      EXPECT_EQ(::write(person_.get(), line.data(), line.size()), static_cast<ssize_t>(line.size()));
    }
    asks.join();
    return *std::move(result);
  }

  // What the terminal has shown of what was typed.
  [[nodiscard]] std::string shown() const {
    std::string out;
    std::array<char, 256> buffer{};
    pollfd polled{person_.get(), POLLIN, 0};
    while (::poll(&polled, 1, 0) == 1 && (polled.revents & POLLIN) != 0) {
      const ssize_t size = ::read(person_.get(), buffer.data(), buffer.size());
      if (size <= 0) break;
      out.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return out;
  }
  [[nodiscard]] bool echoes() const {
    termios now{};
    return ::tcgetattr(terminal_.get(), &now) == 0 && (now.c_lflag & ECHO) != 0;
  }

  FileDescriptor person_;
  FileDescriptor terminal_;
  std::string asked_;
};

TEST_F(Prompt, AsksTwiceAndShowsNothing) {
  const auto text = ask({"hunter2 hunter2\n", "hunter2 hunter2\n"});
  ASSERT_TRUE(text) << text.error().to_string();
  EXPECT_EQ(text->reveal(), "hunter2 hunter2");
  EXPECT_EQ(asked_, "Secret samba/eve: \nOnce more: \n");
  EXPECT_EQ(shown(), "");
  EXPECT_TRUE(echoes());
}

TEST_F(Prompt, TwoAnswersThatDifferAreNone) {
  const auto text = ask({"hunter2\n", "hunter3\n"});
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().to_string(),
            "error[no-secret-given]: the two answers differ\n    nothing was written: begin again\n");
  EXPECT_TRUE(echoes());
}

TEST_F(Prompt, TheEndOfInputEndsIt) {
  EXPECT_FALSE(ask({}));
  EXPECT_EQ(asked_, "Secret samba/eve: \n");
  EXPECT_FALSE(ask({"hunter2\n"}));
  EXPECT_EQ(shown(), "");
  EXPECT_TRUE(echoes());
}

TEST_F(Prompt, WhatIsNoTerminalIsNotAskedOn) {
  const FileDescriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  EXPECT_FALSE(ask_for_secret("a", null.get(), null.get()));
}

TEST(PipedSecret, LosesOneLineBreak) {
  const auto piped = [](const std::string& text) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const FileDescriptor read(ends[0]);
    FileDescriptor write(ends[1]);
    EXPECT_EQ(::write(write.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    write.reset();
    return std::string(secret_from(read.get()).value().reveal());
  };
  EXPECT_EQ(piped("a b\n"), "a b");
  EXPECT_EQ(piped("a\n\n"), "a\n");
  EXPECT_EQ(piped("a"), "a");
  EXPECT_EQ(piped(""), "");
}

}  // namespace
}  // namespace hearth
