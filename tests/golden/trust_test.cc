// `hearth trust` against an SSH server of its own on the loopback interface.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>

#include "reconciler/transport/process.h"
#include "tests/fakes/temporary_folder.h"

namespace hearth {
namespace {

ProcessResult run(std::vector<std::string> argv) {
  ProcessRequest request;
  request.argv = std::move(argv);
  auto result = run_process(request);
  if (!result) return {ProcessResult::End::exited, 127, "", result.error().message};
  return *std::move(result);
}

// A port that was free a moment ago.
std::uint16_t free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(listener, generic, size), 0);
  EXPECT_EQ(::getsockname(listener, generic, &size), 0);
  ::close(listener);
  return ntohs(address.sin_port);
}

class TrustTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::access("/usr/sbin/sshd", X_OK) != 0) GTEST_SKIP() << "no sshd here";
    if (::geteuid() == 0) ::mkdir("/run/sshd", 0755);  // what its package would make at boot
    make_key();
    folder_.write("manifests/hearth.yaml", "format: 1\n");
    folder_.write("manifests/nodes.yaml",
                  "kind: Node\nname: box\nspec: {address: 127.0.0.1, port: " + std::to_string(port_) + "}\n");
    folder_.write("sshd_config", "Port " + std::to_string(port_) + "\nListenAddress 127.0.0.1\nHostKey " +
                                     (folder_ / "key") + "\nPidFile none\nUsePAM no\nStrictModes no\n");
    start_server();
  }
  void TearDown() override { stop_server(); }

  void make_key() {
    const auto made = run({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder_ / "key"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    const std::string line = run({"ssh-keygen", "-lf", folder_ / "key.pub"}).out;
    fingerprint_ =
        line.substr(line.find("SHA256:"), line.find(' ', line.find("SHA256:")) - line.find("SHA256:"));
  }

  void start_server() {
    std::array<int, 2> errors{};
    ASSERT_EQ(::pipe2(errors.data(), O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, errors[1], STDERR_FILENO);
    std::string program = "/usr/sbin/sshd";
    std::string config = folder_ / "sshd_config";
    std::string flags = "-De";
    std::string option = "-f";
    std::array<char*, 5> argv = {program.data(), flags.data(), option.data(), config.data(), nullptr};
    ASSERT_EQ(::posix_spawn(&server_, program.c_str(), &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(errors[1]);
    // It says when it listens; at its end, with or without that, the pipe ends.
    std::string said;
    std::array<char, 512> buffer{};
    while (said.find("Server listening") == std::string::npos) {
      const ssize_t size = ::read(errors[0], buffer.data(), buffer.size());
      if (size <= 0) break;
      said.append(buffer.data(), static_cast<std::size_t>(size));
    }
    errors_ = errors[0];
    ASSERT_NE(said.find("Server listening"), std::string::npos) << said;
  }

  void stop_server() {
    if (server_ > 0) {
      ::kill(server_, SIGTERM);
      ::waitpid(server_, nullptr, 0);
      ::close(errors_);
    }
    server_ = -1;
  }

  ProcessResult trust(const std::vector<std::string>& more) {
    std::vector<std::string> argv = {"env",         "-i", "HOME=" + (folder_ / "home"), "PATH=/usr/bin:/bin",
                                     HEARTH_BINARY, "-C", folder_ / "manifests",        "trust",
                                     "box"};
    argv.insert(argv.end(), more.begin(), more.end());
    return run(std::move(argv));
  }

  TemporaryFolder folder_;
  std::uint16_t port_ = free_port();
  std::string fingerprint_;
  pid_t server_ = -1;
  int errors_ = -1;
};

TEST_F(TrustTest, WritesTheKeyDownOnceAndKeepsWhatWasThere) {
  folder_.write("home/.ssh/known_hosts", "other.example ssh-ed25519 AAAA\n# no newline at the end");
  const auto first = trust({"--yes"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(first.out, "box is trusted from now on: " + fingerprint_ + "\n");
  const std::string known = folder_.read("home/.ssh/known_hosts");
  const std::string key = folder_.read("key.pub");
  EXPECT_EQ(known, "other.example ssh-ed25519 AAAA\n# no newline at the end\n[127.0.0.1]:" +
                       std::to_string(port_) + " " + key.substr(0, key.find(' ', key.find(' ') + 1)) + "\n");

  const auto second = trust({"--yes", "-o", "json"});
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_NE(second.out.find("\"state\": \"known\""), std::string::npos) << second.out;
  EXPECT_EQ(folder_.read("home/.ssh/known_hosts"), known);
}

TEST_F(TrustTest, MakesTheFileForItsOwnerOnly) {
  folder_.write("home/.profile", "");
  ASSERT_EQ(trust({"--yes"}).exit_code, 0);
  struct stat status{};
  ASSERT_EQ(::stat((folder_ / "home/.ssh").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  ASSERT_EQ(::stat((folder_ / "home/.ssh/known_hosts").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(TrustTest, RefusesAnotherKeyThanTheOneThatIsKnown) {
  folder_.write("home/.profile", "");
  ASSERT_EQ(trust({"--yes"}).exit_code, 0);
  const std::string known = folder_.read("home/.ssh/known_hosts");
  stop_server();
  ASSERT_EQ(::unlink((folder_ / "key").c_str()), 0);
  make_key();
  start_server();
  const auto refused = trust({"--yes"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("error[host-key-changed]"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find(fingerprint_), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("ssh-keygen -R [127.0.0.1]:" + std::to_string(port_)), std::string::npos)
      << refused.err;
  EXPECT_EQ(folder_.read("home/.ssh/known_hosts"), known);
}

TEST_F(TrustTest, GoesByTheKeyThatTheManifestNames) {
  const std::string node = folder_.read("manifests/nodes.yaml");
  const std::string open = node.substr(0, node.find('}'));
  folder_.write("manifests/nodes.yaml", open + ", hostKey: \"" + fingerprint_ + "\"}\n");
  const auto right = trust({"--yes"});
  EXPECT_EQ(right.exit_code, 0) << right.err;
  EXPECT_NE(right.out.find("has the key that its manifest names"), std::string::npos) << right.out;

  folder_.write("manifests/nodes.yaml", open + ", hostKey: \"SHA256:" + std::string(43, 'A') + "\"}\n");
  const auto wrong = trust({"--yes"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_NE(wrong.err.find("error[host-key-changed]"), std::string::npos) << wrong.err;
}

TEST_F(TrustTest, SaysWhenNobodyAnswers) {
  stop_server();
  const auto nobody = trust({"--yes"});
  EXPECT_EQ(nobody.exit_code, 1);
  EXPECT_NE(nobody.err.find("error[unreachable]"), std::string::npos) << nobody.err;
}

}  // namespace
}  // namespace hearth
