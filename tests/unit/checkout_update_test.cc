// With the real git, and repositories of the test's own.
#include "reconciler/manifest/checkout_update.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <thread>

#include "reconciler/transport/process.h"
#include "tests/fakes/temporary_folder.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

// `origin.git`, a checkout of it that hearth updates, and a person's own copy.
class Checkouts : public testing::Test {
 protected:
  void SetUp() override {
    git({"init", "--quiet", "--bare", "-b", "main", folder / "origin.git"});
    git({"clone", "--quiet", "file://" + folder / "origin.git", folder / "mine"});
    in("mine", {"checkout", "--quiet", "-b", "main"});
    commit("mine", "manifests/a.yaml", "one\n");
    in("mine", {"push", "--quiet", "-u", "origin", "main"});
    git({"clone", "--quiet", "file://" + folder / "origin.git", folder / "checkout"});
  }

  std::string git(std::vector<std::string> arguments) const {
    ProcessRequest request;
    request.argv = {"env",
                    "GIT_AUTHOR_NAME=eve",
                    "GIT_AUTHOR_EMAIL=eve@desk",
                    "GIT_COMMITTER_NAME=eve",
                    "GIT_COMMITTER_EMAIL=eve@desk",
                    "GIT_CONFIG_GLOBAL=/dev/null",
                    "git"};
    request.argv.insert(request.argv.end(), arguments.begin(), arguments.end());
    const auto result = run_process(request);
    EXPECT_TRUE(result.has_value() && result->exit_code == 0)
        << arguments[0] << " " << arguments[1] << " " << arguments[2] << ": " << (result ? result->err : "");
    std::string out = result ? result->out : "";
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
  }
  std::string in(const std::string& where, std::vector<std::string> arguments) const {
    std::vector<std::string> all = {"-C", folder / where};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return git(all);
  }
  std::string commit(const std::string& where, const std::string& file, const std::string& text) const {
    static_cast<void>(folder.write(where + "/" + file, text));
    in(where, {"add", "-A"});
    in(where, {"commit", "--quiet", "-m", file});
    return head(where);
  }
  std::string publish(const std::string& file, const std::string& text) const {
    const std::string made = commit("mine", file, text);
    in("mine", {"push", "--quiet", "--force"});
    return made;
  }
  std::string head(const std::string& where) const { return in(where, {"rev-parse", "HEAD"}); }

  CheckoutUpdate update(const std::string& known = "") const {
    return update_checkout(folder / "checkout/manifests", known);
  }
  static std::string rule(const CheckoutUpdate& update) { return update.trouble ? update.trouble->rule : ""; }

  TemporaryFolder folder;
};

TEST_F(Checkouts, MoveForward) {
  const std::string before = head("checkout");
  const std::string after = publish("manifests/a.yaml", "two\n");
  const CheckoutUpdate done = update();
  EXPECT_EQ(rule(done), "");
  EXPECT_EQ(done.commit, after);
  EXPECT_EQ(done.remote, after);
  EXPECT_TRUE(done.in_git);
  EXPECT_TRUE(done.clean);
  EXPECT_NE(done.outcome.find("updated from " + short_commit(before)), std::string::npos) << done.outcome;
  EXPECT_NE(done.outcome.find("(1 commit)"), std::string::npos) << done.outcome;
  EXPECT_EQ(folder.read("checkout/manifests/a.yaml"), "two\n");
  EXPECT_EQ(in("checkout", {"status", "--porcelain"}), "");
  const CheckoutUpdate again = update(done.remote);
  EXPECT_EQ(again.commit, after);
  EXPECT_EQ(rule(again), "");
}

TEST_F(Checkouts, OfNoRepositoryAreTakenAsTheyAre) {
  static_cast<void>(folder.write("plain/hearth.yaml", "format: 1\n"));
  const CheckoutUpdate done = update_checkout(folder / "plain", "");
  EXPECT_FALSE(done.in_git);
  EXPECT_TRUE(done.clean);
  EXPECT_EQ(done.commit, "");
  EXPECT_EQ(rule(done), "");
  EXPECT_NE(done.outcome.find("no git repository"), std::string::npos);
}

TEST_F(Checkouts, WithUncommittedChangesStayAsTheyAre) {
  const std::string before = head("checkout");
  publish("manifests/a.yaml", "two\n");
  static_cast<void>(folder.write("checkout/manifests/a.yaml", "half-written\n"));
  const CheckoutUpdate done = update();
  EXPECT_EQ(rule(done), "git-dirty");
  EXPECT_TRUE(done.may_pass);
  EXPECT_FALSE(done.clean);
  EXPECT_EQ(done.commit, before);
  EXPECT_EQ(folder.read("checkout/manifests/a.yaml"), "half-written\n");
  EXPECT_NE(done.trouble->message.find("a.yaml"), std::string::npos);

  in("checkout", {"checkout", "--quiet", "."});
  static_cast<void>(folder.write("checkout/manifests/new.yaml", "not added\n"));
  EXPECT_EQ(rule(update()), "git-dirty");
  // What lies beside the manifests is somebody else's business.
  fs::rename(folder / "checkout/manifests/new.yaml", folder / "checkout/note");
  EXPECT_EQ(rule(update()), "");
}

TEST_F(Checkouts, ThatDivergedStayAsTheyAre) {
  const std::string here = commit("checkout", "manifests/b.yaml", "here\n");
  publish("manifests/a.yaml", "there\n");
  for (int i = 0; i < 2; ++i) {
    const CheckoutUpdate done = update();
    EXPECT_EQ(rule(done), "git-diverged");
    EXPECT_FALSE(done.may_pass);
    EXPECT_EQ(done.commit, here);
    EXPECT_TRUE(done.clean);
    EXPECT_EQ(head("checkout"), here);
  }
}

TEST_F(Checkouts, AheadOfTheirBranchAreFine) {
  const std::string here = commit("checkout", "manifests/b.yaml", "here\n");
  const CheckoutUpdate done = update();
  EXPECT_EQ(rule(done), "");
  EXPECT_EQ(done.commit, here);
  EXPECT_NE(done.outcome.find("ahead"), std::string::npos);
}

TEST_F(Checkouts, StayWhereTheyAreWhenTheBranchIsRewritten) {
  const std::string good = publish("manifests/a.yaml", "two\n");
  std::string known = update().remote;
  EXPECT_EQ(known, good);
  in("mine", {"reset", "--quiet", "--hard", "HEAD^"});
  const std::string other = publish("manifests/a.yaml", "forced\n");
  for (int i = 0; i < 3; ++i) {
    const CheckoutUpdate done = update(known);
    EXPECT_EQ(rule(done), "git-rewritten");
    EXPECT_FALSE(done.may_pass);
    EXPECT_EQ(done.commit, good);
    known = done.remote;
  }
  // Taken back to before what it was: nothing new, and yet a rewrite.
  in("mine", {"reset", "--quiet", "--hard", "HEAD^"});
  in("mine", {"push", "--quiet", "--force"});
  EXPECT_EQ(rule(update(known)), "git-rewritten");
  in("mine", {"reset", "--quiet", "--hard", other});
  in("mine", {"push", "--quiet", "--force"});
  // A person says that it is right.
  in("checkout", {"fetch", "--quiet"});
  in("checkout", {"reset", "--quiet", "--hard", "origin/main"});
  const CheckoutUpdate done = update(known);
  EXPECT_EQ(rule(done), "");
  EXPECT_EQ(done.commit, other);
  EXPECT_EQ(done.remote, other);
}

TEST_F(Checkouts, GoOnWhenTheOtherSideIsGone) {
  const std::string before = head("checkout");
  fs::rename(folder / "origin.git", folder / "elsewhere.git");
  CheckoutUpdate done = update();
  EXPECT_EQ(rule(done), "git-unreachable");
  EXPECT_TRUE(done.may_pass);
  EXPECT_EQ(done.commit, before);
  EXPECT_TRUE(done.clean);
  fs::rename(folder / "elsewhere.git", folder / "origin.git");
  EXPECT_EQ(rule(update()), "");
  // The branch is gone.
  in("mine", {"push", "--quiet", "origin", "main:other"});
  git({"-C", folder / "origin.git", "update-ref", "-d", "refs/heads/main"});
  EXPECT_EQ(rule(update()), "git-unreachable");
}

TEST_F(Checkouts, DoNotWaitForeverForTheOtherSide) {
  // An ssh that never answers.
  static_cast<void>(
      folder.write("bin/ssh", "#!/bin/sh\necho \"$@\" >'" + folder / "ssh-words" + "'\nexec sleep 600\n"));
  fs::permissions(folder / "bin/ssh", fs::perms::owner_all);
  in("checkout", {"remote", "set-url", "origin", "ssh://nobody@192.0.2.1/homelab.git"});
  const std::string path = std::getenv("PATH");
  ASSERT_EQ(::setenv("PATH", (folder / "bin:" + path).c_str(), 1), 0);
  const CheckoutUpdate done = update_checkout(folder / "checkout/manifests", "", std::chrono::seconds(1));
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(rule(done), "git-unreachable");
  EXPECT_NE(done.trouble->message.find("did not end within 1 s"), std::string::npos) << done.trouble->message;
  EXPECT_NE(folder.read("ssh-words").find("BatchMode=yes"), std::string::npos);
}

TEST_F(Checkouts, AskNobody) {
  // What git would ask for a password; it must not even be started.
  static_cast<void>(folder.write("askpass", "#!/bin/sh\ntouch '" + folder / "asked" + "'\necho secret\n"));
  fs::permissions(folder / "askpass", fs::perms::owner_all);
  in("checkout", {"config", "core.askPass", folder / "askpass"});
  // A server that wants one.
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listener, generic, size), 0);
  ASSERT_EQ(::getsockname(listener, generic, &size), 0);
  ASSERT_EQ(::listen(listener, 8), 0);
  std::atomic<int> asked_for = 0;
  std::thread server([&] {
    const auto next = [&] { return ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC); };
    for (int peer = next(); peer >= 0; peer = next()) {
      static constexpr std::string_view answer =
          "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"git\"\r\nContent-Length: 0\r\n"
          "Connection: close\r\n\r\n";
      std::array<char, 4096> request{};
      static_cast<void>(::read(peer, request.data(), request.size()) +
                        ::write(peer, answer.data(), answer.size()));
      ++asked_for;
      ::close(peer);
    }
  });
  in("checkout", {"remote", "set-url", "origin",
                  "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/homelab.git"});
  const CheckoutUpdate done = update();
  ::shutdown(listener, SHUT_RDWR);
  server.join();
  ::close(listener);
  EXPECT_EQ(rule(done), "git-unreachable");
  EXPECT_GT(asked_for, 0) << done.trouble->message;
  EXPECT_FALSE(fs::exists(folder / "asked"));
}

TEST_F(Checkouts, RunNothingThatTheRepositoryNames) {
  const std::string run = folder.write("run", "#!/bin/sh\ntouch '" + folder / "was-run" + "'\ncat\n");
  fs::permissions(run, fs::perms::owner_all);
  for (const char* hook :
       {"post-merge", "post-checkout", "reference-transaction", "post-index-change", "pre-merge-commit"}) {
    fs::copy_file(run, folder / (std::string("checkout/.git/hooks/") + hook));
  }
  in("checkout", {"config", "core.fsmonitor", run});
  publish("manifests/a.yaml", "two\n");
  EXPECT_EQ(rule(update()), "");
  EXPECT_EQ(folder.read("checkout/manifests/a.yaml"), "two\n");
  EXPECT_FALSE(fs::exists(folder / "was-run"));

  const std::string last = publish("manifests/.gitattributes", "*.yaml filter=evil\n");
  for (const char* name : {"filter.evil.smudge", "filter.evil.clean", "remote.origin.uploadpack",
                           "core.sshCommand", "credential.https://example.org.helper", "core.gitProxy"}) {
    in("checkout", {"config", name, run});
    const CheckoutUpdate done = update();
    EXPECT_EQ(rule(done), "git-config") << name;
    EXPECT_FALSE(fs::exists(folder / "was-run")) << name;
    in("checkout", {"config", "--unset-all", name});
  }
  in("checkout", {"config", "include.path", folder.write("more", "[core]\n\tsshCommand = " + run + "\n")});
  EXPECT_EQ(rule(update()), "git-config");
  in("checkout", {"config", "--unset", "include.path"});
  EXPECT_EQ(rule(update()), "");
  EXPECT_EQ(head("checkout"), last);
}

TEST_F(Checkouts, OfAnotherUserAreRead) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const std::string after = publish("manifests/a.yaml", "two\n");
  for (const auto& entry : fs::recursive_directory_iterator(folder / "checkout")) {
    ASSERT_EQ(::lchown(entry.path().c_str(), 1234, 1234), 0);
  }
  ASSERT_EQ(::chown((folder / "checkout").c_str(), 1234, 1234), 0);
  EXPECT_EQ(update().commit, after);
  // Unless it is a repository that somebody put above manifests that are not theirs.
  ASSERT_EQ(::chown((folder / "checkout/manifests").c_str(), 0, 0), 0);
  EXPECT_EQ(rule(update()), "git-owner");
}

TEST_F(Checkouts, ComeBackAfterACommitThatEmptiedThem) {
  const std::string full = head("checkout");
  in("mine", {"rm", "--quiet", "-r", "manifests"});
  const std::string emptied = publish("README", "nothing here\n");
  CheckoutUpdate done = update();
  EXPECT_EQ(done.commit, emptied);
  EXPECT_FALSE(fs::exists(folder / "checkout/manifests"));
  done = update(done.remote);
  EXPECT_EQ(rule(done), "");
  EXPECT_TRUE(done.in_git);
  fs::create_directory(folder / "then");
  ASSERT_TRUE(export_commit(folder / "checkout/manifests", full, folder / "then").has_value());
  EXPECT_EQ(folder.read("then/a.yaml"), "one\n");
  EXPECT_FALSE(export_commit(folder / "checkout/manifests", emptied, folder / "then").has_value());
  publish("manifests/a.yaml", "again\n");
  EXPECT_EQ(rule(update(done.remote)), "");
  EXPECT_EQ(folder.read("checkout/manifests/a.yaml"), "again\n");
}

TEST_F(Checkouts, AreFoundThroughLinks) {
  const std::string after = publish("manifests/a.yaml", "two\n");
  fs::create_directory_symlink(folder / "checkout/manifests", folder / "link");
  EXPECT_EQ(update_checkout(folder / "link", "").commit, after);
  EXPECT_EQ(update_checkout(folder / "link/", "").commit, after);
  EXPECT_EQ(folder.read("checkout/manifests/a.yaml"), "two\n");
}

TEST_F(Checkouts, ThatFollowNothingStayAsTheyAre) {
  in("checkout", {"branch", "--unset-upstream"});
  EXPECT_EQ(rule(update()), "");
  EXPECT_NE(update().outcome.find("follows no other"), std::string::npos) << update().outcome;
  in("checkout", {"checkout", "--quiet", "--detach"});
  EXPECT_EQ(rule(update()), "");
  EXPECT_NE(update().outcome.find("on no branch"), std::string::npos);
}

TEST_F(Checkouts, CanBeReadAsOfACommit) {
  const std::string old = head("checkout");
  publish("manifests/sub/b.yaml", "b\n");
  publish("other/c.yaml", "c\n");
  update();
  static_cast<void>(folder.write("checkout/manifests/a.yaml", "half-written\n"));
  fs::create_directory(folder / "now");
  fs::create_directory(folder / "then");
  ASSERT_TRUE(export_commit(folder / "checkout/manifests", head("checkout"), folder / "now").has_value());
  EXPECT_EQ(folder.read("now/a.yaml"), "one\n");
  EXPECT_EQ(folder.read("now/sub/b.yaml"), "b\n");
  EXPECT_FALSE(fs::exists(folder / "now/other"));
  ASSERT_TRUE(export_commit(folder / "checkout/manifests", old, folder / "then").has_value());
  EXPECT_FALSE(fs::exists(folder / "then/sub"));
  EXPECT_EQ(folder.read("checkout/manifests/a.yaml"), "half-written\n");
  EXPECT_EQ(in("checkout", {"diff", "--cached", "--name-only"}), "");
  EXPECT_FALSE(
      export_commit(folder / "checkout/manifests", std::string(40, 'a'), folder / "now").has_value());
  // As seen from here.
  fs::create_directory(folder / "near");
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  EXPECT_TRUE(export_commit("checkout/manifests", old, "near").has_value());
  fs::current_path(before);
  EXPECT_EQ(folder.read("near/a.yaml"), "one\n");
  // The whole repository as the manifests' folder.
  fs::create_directory(folder / "all");
  ASSERT_TRUE(export_commit(folder / "checkout", old, folder / "all").has_value());
  EXPECT_EQ(folder.read("all/manifests/a.yaml"), "one\n");
}

}  // namespace
}  // namespace hearth
