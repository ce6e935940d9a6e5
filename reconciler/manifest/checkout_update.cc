#include "reconciler/manifest/checkout_update.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "reconciler/manifest/git.h"

namespace hearth {

namespace {

namespace fs = std::filesystem;

// Where FOLDER lies in a repository. A commit may have emptied the folder, and so removed it: what it is in is still there.
struct Place {
  fs::path tree;      // the nearest folder at or above it that has a `.git`; "" when none has
  std::string below;  // FOLDER as seen from there; "." for itself
  fs::path nearest;   // FOLDER, or the nearest one above it that exists
};

Place place_of(const std::string& folder) {
  std::error_code error;
  Place place;
  const fs::path whole = fs::weakly_canonical(fs::absolute(folder, error), error);
  if (error) return place;
  place.nearest = whole;
  while (!fs::exists(place.nearest, error) && place.nearest != place.nearest.parent_path())
    place.nearest = place.nearest.parent_path();
  for (fs::path at = place.nearest;; at = at.parent_path()) {
    if (fs::exists(at / ".git", error)) {
      place.tree = at;
      place.below = whole.lexically_relative(at).string();
      while (place.below.size() > 1 && place.below.ends_with('/')) place.below.pop_back();
      return place;
    }
    if (at == at.parent_path()) return place;
  }
}

uid_t owner_of(const fs::path& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? status.st_uid : static_cast<uid_t>(-1);
}

// One update, from the question whether there is a repository at all.
class Update {
 public:
  Update(const std::string& folder, const std::string& known, std::chrono::seconds patience)
      : folder_(folder),
        known_(known),
        patience_(patience),
        place_(place_of(folder)),
        git_(place_.tree.string()) {}

  CheckoutUpdate run() {
    out_.remote = known_;
    if (place_.tree.empty()) {
      out_.outcome = "no git repository: the manifests are taken as they lie there";
      return std::move(out_);
    }
    out_.in_git = true;
    if (!may_be_trusted()) {
      out_.outcome = "not asked of git: the manifests are taken as they lie there";
      return std::move(out_);
    }
    const Git::Answer head = git_.run({"rev-parse", "--verify", "--quiet", "HEAD^{commit}"});
    if (!head.good) {
      // Without a commit there is nothing to go by but the files themselves.
      if (head.exit_code == 1) {
        out_.outcome = "a git repository without a commit: the manifests are taken as they lie there";
        out_.clean = true;
      } else {
        out_.outcome = "not known to git: the manifests are taken as they lie there";
        trouble("git-failed", "git cannot be used in " + folder_ + ": " + head.why,
                "try it there yourself: git status");
      }
      return std::move(out_);
    }
    out_.commit = head.out;
    if (look_for_changes()) follow();
    if (out_.outcome.empty()) out_.outcome = "at " + short_commit(out_.commit);
    return std::move(out_);
  }

 private:
  void trouble(std::string_view rule, std::string message, std::string hint, bool may_pass = false) {
    out_.trouble = failure(rule, std::move(message), std::move(hint));
    out_.may_pass = may_pass;
  }

  // A `.git` that somebody put above the manifests says which commit of which repository they are.
  bool may_be_trusted() {
    const uid_t owner = owner_of(place_.tree / ".git");
    if (owner != 0 && owner != ::geteuid() && owner != owner_of(place_.nearest)) {
      out_.in_git = false;
      trouble("git-owner",
              (place_.tree / ".git").string() + " belongs to user " + std::to_string(owner) +
                  ", who owns neither the manifests nor runs hearth",
              "chown it to the owner of the manifests, or move the manifests elsewhere");
      return false;
    }
    const std::string program = program_in_configuration(git_);
    if (program.empty()) return true;
    trouble(
        "git-config", "the repository's own configuration makes git run a program: " + program,
        "hearth runs nothing that a repository names. If it is right, say it for the user that runs hearth: "
        "git config --global " +
            program + " …; and take it out here: git -C " + folder_ + " config --unset-all " + program);
    // Even a look at the files may run a filter: whether they are the commit's is not known.
    return false;
  }

  // False when there are any (or nobody can tell): then nothing is moved.
  bool look_for_changes() {
    const Git::Answer status = git_.run(
        {"status", "--porcelain", "--untracked-files=normal", "--ignore-submodules=all", "--", place_.below});
    if (!status.good) {
      out_.clean = false;
      trouble("git-failed", "git cannot tell whether the manifests have changed: " + status.why,
              "try it there yourself: git status");
      return false;
    }
    if (status.out.empty()) return true;
    out_.clean = false;
    const auto lines = static_cast<std::size_t>(std::count(status.out.begin(), status.out.end(), '\n')) + 1;
    const std::string first =
        status.out.substr(std::min<std::size_t>(3, status.out.size()),
                          status.out.find('\n') - std::min<std::size_t>(3, status.out.size()));
    trouble("git-dirty",
            "the checkout has changes that are not committed (" + first +
                (lines > 1 ? " and " + std::to_string(lines - 1) + " more" : "") +
                "): it is not updated, and commit " + short_commit(out_.commit) + " is what counts",
            "commit them and push, or take them back: git -C " + folder_ + " status", true);
    return false;
  }

  void follow() {
    const Git::Answer branch = git_.run({"symbolic-ref", "--quiet", "--short", "HEAD"});
    if (!branch.good) {
      out_.outcome = "at " + short_commit(out_.commit) + ", on no branch: there is nothing to follow";
      return;
    }
    const Git::Answer remote = git_.run({"config", "branch." + branch.out + ".remote"});
    const Git::Answer merge = git_.run({"config", "branch." + branch.out + ".merge"});
    if (!remote.good || !merge.good || remote.out == "." || remote.out.starts_with("-")) {
      out_.outcome = "at " + short_commit(out_.commit) + "; branch " + branch.out + " follows no other";
      return;
    }
    if (known_.empty()) {
      // What the last fetch saw, be it ours or a person's.
      const Git::Answer seen = git_.run({"rev-parse", "--verify", "--quiet", "@{upstream}^{commit}"});
      if (seen.good) known_ = seen.out;
    }
    const Git::Answer fetched = git_.run({"fetch", "--quiet", "--no-tags", "--no-recurse-submodules",
                                          "--upload-pack=git-upload-pack", remote.out, merge.out},
                                         patience_);
    if (!fetched.good) {
      trouble("git-unreachable",
              remote.out + " cannot be fetched from: " + fetched.why + "; commit " +
                  short_commit(out_.commit) + " is what counts until then",
              "try it as the user that runs hearth: git -C " + folder_ + " fetch " + remote.out, true);
      return;
    }
    const Git::Answer theirs = git_.run({"rev-parse", "--verify", "--quiet", "FETCH_HEAD^{commit}"});
    if (!theirs.good) {
      trouble("git-failed", "git fetched, and does not know what: " + theirs.why,
              "try it there yourself: git fetch " + remote.out);
      return;
    }
    compare(remote.out, branch.out, theirs.out);
  }

  bool is_ancestor(const std::string& older, const std::string& newer) const {
    return git_.run({"merge-base", "--is-ancestor", older, newer}).good;
  }

  void compare(const std::string& remote, const std::string& branch, const std::string& theirs) {
    const std::string where = remote + "'s " + branch;
    if (!known_.empty() && known_ != theirs && !is_ancestor(known_, theirs)) {
      // Also where HEAD could move on: what was published, and applied, is no longer part of it.
      trouble("git-rewritten",
              where + " was rewritten (force-pushed): it was at " + short_commit(known_) + ", and " +
                  short_commit(theirs) + " does not follow from that; commit " + short_commit(out_.commit) +
                  " is what counts",
              "look at both, and if the new one is right: git -C " + folder_ + " reset --keep " +
                  short_commit(theirs));
      // A person who moved the checkout there has said that it is right.
      if (out_.commit == theirs) out_.trouble.reset();
      if (out_.trouble) return;
    }
    if (out_.commit == theirs) {
      out_.remote = theirs;
      out_.outcome = "at " + short_commit(theirs) + ", as " + where;
    } else if (is_ancestor(out_.commit, theirs)) {
      move_on(where, theirs);
    } else if (is_ancestor(theirs, out_.commit)) {
      out_.remote = theirs;
      out_.outcome = "at " + short_commit(out_.commit) + ", ahead of " + where;
    } else {
      trouble("git-diverged",
              "the checkout and " + where + " went different ways: " + short_commit(out_.commit) + " here, " +
                  short_commit(theirs) + " there; the one here is what counts",
              "bring them together: git -C " + folder_ + " pull --rebase, then push");
    }
  }

  void move_on(const std::string& where, const std::string& theirs) {
    const Git::Answer merged = git_.run({"merge", "--ff-only", "--quiet", theirs}, std::chrono::seconds(60));
    const Git::Answer head = git_.run({"rev-parse", "--verify", "--quiet", "HEAD^{commit}"});
    if (!merged.good || !head.good || head.out != theirs) {
      trouble("git-failed",
              "the checkout cannot be moved on to " + short_commit(theirs) + ": " + merged.why + "; commit " +
                  short_commit(out_.commit) + " is what counts",
              "try it there yourself: git -C " + folder_ + " merge --ff-only " + short_commit(theirs));
      // Half of a merge may lie there.
      look_again();
      return;
    }
    const Git::Answer count = git_.run({"rev-list", "--count", out_.commit + ".." + theirs});
    out_.outcome = "updated from " + short_commit(out_.commit) + " to " + short_commit(theirs) + " of " +
                   where +
                   (count.good ? " (" + count.out + (count.out == "1" ? " commit)" : " commits)") : "");
    out_.commit = theirs;
    out_.remote = theirs;
  }

  void look_again() {
    const Git::Answer status = git_.run(
        {"status", "--porcelain", "--untracked-files=normal", "--ignore-submodules=all", "--", place_.below});
    out_.clean = status.good && status.out.empty();
  }

  const std::string& folder_;
  std::string known_;
  const std::chrono::seconds patience_;
  const Place place_;
  const Git git_;
  CheckoutUpdate out_;
};

}  // namespace

CheckoutUpdate update_checkout(const std::string& folder, const std::string& known,
                               std::chrono::seconds patience) {
  return Update(folder, known, patience).run();
}

Result<void> export_commit(const std::string& folder, const std::string& commit, const std::string& into) {
  const Place place = place_of(folder);
  const Git git(place.tree.string());
  const auto refuse = [&](const std::string& why) -> Result<void> {
    return tl::unexpected(
        failure("git-failed", "commit " + short_commit(commit) + " cannot be read: " + why,
                "see whether it is still there: git -C " + folder + " show --stat " + short_commit(commit)));
  };
  const std::string tree = place.below == "." ? commit + "^{tree}" : commit + ":" + place.below;
  // An index of its own: the checkout's is somebody else's.
  std::error_code ignored;
  const std::string target = fs::absolute(into, ignored).string();  // git runs elsewhere
  const std::string index = target + "/.index";
  const std::vector<std::string> variables = {"GIT_INDEX_FILE=" + index};
  if (const auto read = git.run({"read-tree", tree}, std::chrono::seconds(60), variables); !read.good)
    return refuse(read.why);
  const auto written = git.run({"checkout-index", "--all", "--quiet", "--prefix=" + target + "/"},
                               std::chrono::seconds(60), variables);
  fs::remove(index, ignored);
  if (!written.good) return refuse(written.why);
  return {};
}

std::string short_commit(const std::string& commit) {
  return commit.substr(0, 10);
}

}  // namespace hearth
