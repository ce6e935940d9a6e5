#include "reconciler/manifest/loader.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace hearth {

namespace {

constexpr std::string_view settings_name = "hearth.yaml";
// A little more than the reader of YAML accepts, so that it is the one to complain, and no device or huge
// file takes all memory before that.
constexpr std::size_t most_bytes = (std::size_t{32} << 20U) + 1;

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

class FolderReader {
 public:
  explicit FolderReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  std::vector<SourceFile> read(const std::string& folder) {
    struct stat status{};
    if (::stat(folder.c_str(), &status) != 0) {
      const int why = errno;
      if (why == ENOENT) {
        diagnostics_.add(
            failure("no-manifests", "there is no manifests folder " + folder,
                    "name the folder with -C DIR, or begin one with a hearth.yaml that says `format: 1`"));
      } else {
        diagnostics_.add(failure("no-manifests",
                                 "the manifests folder " + folder + " cannot be opened: " + text_of(why),
                                 "make it readable, or name another one with -C DIR"));
      }
      return {};
    }
    if (!S_ISDIR(status.st_mode)) {
      diagnostics_.add(failure("no-manifests", folder + " is a file, not a folder",
                               "name the folder that holds hearth.yaml with -C DIR"));
      return {};
    }
    walk(folder, status);
    // By whole path, as `ls -R` and people order them; the walk goes folder by folder.
    std::sort(files_.begin(), files_.end(),
              [](const SourceFile& a, const SourceFile& b) { return a.name < b.name; });
    const std::string settings = joined(folder, settings_name);
    for (auto& file : files_) file.settings = file.name == settings;
    return std::move(files_);
  }

 private:
  using Identity = std::pair<dev_t, ino_t>;

  static std::string text_of(int error) { return std::strerror(error); }  // NOLINT(concurrency-mt-unsafe)

  static std::string joined(const std::string& folder, std::string_view name) {
    if (folder == ".") return std::string(name);
    std::string out = folder;
    if (out.back() != '/') out += '/';
    out += name;
    return out;
  }

  void complain(std::string rule, const std::string& file, std::string message, std::string hint) {
    diagnostics_.add({Severity::error,
                      std::move(rule),
                      {intern_file_name(file), 0, 0},
                      "",
                      std::move(message),
                      std::move(hint)});
  }

  void complain_unreadable(const std::string& file, const std::string& why) {
    complain("unreadable-file", file, "cannot be read: " + why,
             "make it readable, or remove it; until then nothing is deleted, because this set is not whole");
  }

  void walk(const std::string& folder, const struct stat& status) {
    const Identity identity{status.st_dev, status.st_ino};
    if (std::find(above_.begin(), above_.end(), identity) != above_.end()) {
      complain("folder-loop", folder, "this link leads back to a folder that it lies in", "remove the link");
      return;
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(folder.c_str()), ::closedir);
    if (stream == nullptr) return complain_unreadable(folder, text_of(errno));
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry =
               ::readdir(stream.get())) {  // NOLINT(concurrency-mt-unsafe): a stream of our own
      if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
      errno = 0;
    }
    if (errno != 0) complain_unreadable(folder, text_of(errno));
    std::sort(names.begin(),
              names.end());  // complaints too come in an order that does not change from run to run
    above_.push_back(identity);
    for (const auto& name : names) visit(joined(folder, name));
    above_.pop_back();
  }

  void visit(const std::string& path) {
    const bool manifest = ends_with(path, ".yaml");
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
      const int why = errno;
      // A dangling link that is no manifest by name might still have been a folder of manifests.
      if (why == ELOOP) {
        complain("folder-loop", path, "this link leads back to itself", "remove the link");
      } else {
        complain_unreadable(path, why == ENOENT ? "it is a link to what does not exist" : text_of(why));
      }
      return;
    }
    if (S_ISDIR(status.st_mode)) return walk(path, status);
    if (!manifest) {
      if (ends_with(path, ".yml")) {
        diagnostics_.add({Severity::warning,
                          "ignored-file",
                          {intern_file_name(path), 0, 0},
                          "",
                          "is left out: manifests end in .yaml",
                          "rename it if it is a manifest"});
      }
      return;
    }
    if (!S_ISREG(status.st_mode)) return complain_unreadable(path, "it is no regular file");
    if (auto text = read_file(path)) files_.push_back({path, std::move(*text), false});
  }

  std::optional<std::string> read_file(const std::string& path) {
    // O_NONBLOCK: should a pipe take the file's place in this instant, opening it must not wait for its
    // writer.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
      complain_unreadable(path, text_of(errno));
      return std::nullopt;
    }
    std::string text;
    constexpr std::size_t step = std::size_t{64} << 10U;
    for (;;) {
      const std::size_t size = text.size();
      text.resize(size + step);
      const ssize_t got = ::read(descriptor, text.data() + size, step);
      const int why = errno;
      text.resize(size + (got > 0 ? static_cast<std::size_t>(got) : 0));
      if (got < 0 && why == EINTR) continue;
      if (got < 0) {
        complain_unreadable(path, text_of(why));
        ::close(descriptor);
        return std::nullopt;
      }
      if (got == 0 || text.size() >= most_bytes) break;
    }
    ::close(descriptor);
    return text;
  }

  Diagnostics& diagnostics_;
  std::vector<SourceFile> files_;
  std::vector<Identity> above_;  // the folders that the walk is in
};

}  // namespace

std::vector<SourceFile> read_folder(const std::string& folder, Diagnostics& diagnostics) {
  return FolderReader(diagnostics).read(folder);
}

}  // namespace hearth
