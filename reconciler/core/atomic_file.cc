#include "reconciler/core/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace hearth {

namespace {

std::string error_text(int error) {
  return std::generic_category().message(error);
}

// Closes at the end of a scope; release() hands the descriptor to whoever wants to know what close() says.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const auto refuse = [&](int error) {
    return tl::unexpected(failure("unreadable-file", "cannot read " + path + ": " + error_text(error)));
  };
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return refuse(errno);
  std::string content;
  std::array<char, 1 << 16> buffer{};
  for (;;) {
    const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return refuse(errno);
    if (size == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

Result<void> write_file_atomically(const std::string& path, std::string_view content, mode_t mode) {
  // Renaming over a link would replace the link: people keep such files in a repository of their own.
  std::error_code error;
  std::filesystem::path target = path;
  if (std::filesystem::is_symlink(target, error)) {
    const auto real = std::filesystem::canonical(target, error);
    if (!error) target = real;
  }
  struct stat status{};
  if (::stat(target.c_str(), &status) == 0) mode = status.st_mode & 07777;

  std::string temporary = target.string() + ".XXXXXX";
  Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  int why = file.get() < 0 ? errno : 0;
  if (why == 0) {
    const bool fine = write_all(file.get(), content) && ::fchmod(file.get(), mode) == 0 &&
                      ::fsync(file.get()) == 0 && ::close(file.release()) == 0 &&
                      ::rename(temporary.c_str(), target.c_str()) == 0;
    if (!fine) {
      why = errno;
      ::unlink(temporary.c_str());
    }
  }
  if (why != 0) {
    return tl::unexpected(failure("unwritable-file", "cannot write " + path + ": " + error_text(why)));
  }
  // So that the rename itself outlives a power cut. Some filesystems cannot; the file is whole either way.
  const std::string folder = target.has_parent_path() ? target.parent_path().string() : ".";
  const Descriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.get() >= 0) ::fsync(parent.get());
  return {};
}

}  // namespace hearth
