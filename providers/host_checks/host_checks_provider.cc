#include "providers/host_checks/host_checks_provider.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "providers/host_checks/certificate.h"
#include "providers/host_checks/updates.h"
#include "providers/support/text.h"
#include "reconciler/core/canonical.h"

namespace hearth {

namespace {

// One way of asking: what to read, and what the replies mean.
struct Question {
  std::string_view field;
  std::vector<Probe> (*probes)(const Value& spec, std::chrono::seconds timeout);
  Live (*judge)(const Value& spec, std::span<const Reply> replies, std::chrono::seconds timeout);
};

constexpr int timed_out = 124;       // RunReply: the transport gave up
constexpr int not_executable = 126;  // of a shell, and of the transport's
constexpr int not_found = 127;

Live answer(bool healthy, std::string message) {
  return Live::present({{"healthy", healthy}, {"message", std::move(message)}});
}

// The last line of TEXT that says something.
std::string last_line(std::string_view text) {
  while (!text.empty()) {
    const std::size_t begin = text.find_last_of('\n') + 1;  // npos + 1 is 0
    const std::string_view line = text.substr(begin);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) return std::string(line);
    text = text.substr(0, begin == 0 ? 0 : begin - 1);
  }
  return "";
}

// What a command said for itself: its complaint, else its output, else nothing.
std::string said(const RunReply& run) {
  const std::string line = last_line(run.err.empty() ? run.out : run.err);
  return line.empty() ? "" : ": " + line;
}

std::string within(std::chrono::seconds timeout) {
  return "within " + std::to_string(timeout.count()) + " s";
}

RunProbe run_probe(std::vector<std::string> argv, std::chrono::seconds timeout) {
  return {.argv = std::move(argv), .timeout = timeout};
}

const RunReply& run_of(const Reply& reply) {
  return std::get<RunReply>(reply);
}

Live missing_tool(std::string_view tool, std::string_view package) {
  return Live::unknown(std::string(tool) + " is not installed on this host: apt install " +
                       std::string(package));
}

std::optional<std::int64_t> integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return number;
}

// ---- tcp ----

std::vector<Probe> probe_tcp(const Value& spec, std::chrono::seconds timeout) {
  // bash connects by itself: nothing has to be installed for it.
  return {run_probe({"bash", "-c", "exec 3<>\"/dev/tcp/$1/$2\"", "hearth-check",
                     spec.string_or("host", "127.0.0.1"), std::to_string(spec.integer_or("port", 0))},
                    timeout)};
}

Live judge_tcp(const Value& spec, std::span<const Reply> replies, std::chrono::seconds timeout) {
  const RunReply& run = run_of(replies[0]);
  const std::string target =
      spec.string_or("host", "127.0.0.1") + " port " + std::to_string(spec.integer_or("port", 0));
  if (run.exit_code == 0) return answer(true, target + " answers");
  if (run.exit_code == timed_out) return answer(false, target + " does not answer " + within(timeout));
  if (run.exit_code == not_found) return missing_tool("bash", "bash");
  // bash complains twice; the reason is what its first line ends with.
  const std::string_view line = std::string_view(run.err).substr(0, run.err.find('\n'));
  const std::size_t reason = line.rfind(": ");
  return answer(false, target + (reason == std::string_view::npos ? " does not answer"
                                                                  : std::string(line.substr(reason))));
}

// ---- http ----

// What curl says last, on its standard error: a page may hold anything, but is written elsewhere.
constexpr std::string_view status_mark = "hearth-status ";

std::vector<Probe> probe_http(const Value& spec, std::chrono::seconds timeout) {
  std::string curl = "curl --silent --show-error --globoff --max-time \"$2\"";
  if (!spec.boolean_or("verifyTls", true)) curl += " --insecure";
  curl += " --write-out '%{stderr}\\nhearth-status %{http_code}\\n'";
  // The page itself is sent back only where somebody wants to read in it.
  curl += spec.find("contains") == nullptr ? " --output /dev/null -- \"$1\"" : " -- \"$1\" | head -c 1048576";
  return {run_probe({"sh", "-c", "command -v curl >/dev/null || exit 127\n" + curl, "hearth-check",
                     spec.string_or("url", ""), std::to_string(timeout.count())},
                    // curl keeps the time itself, and tells what it waited for
                    timeout + std::chrono::seconds(1))};
}

Live judge_http(const Value& spec, std::span<const Reply> replies, std::chrono::seconds timeout) {
  const RunReply& run = run_of(replies[0]);
  const std::string url = spec.string_or("url", "");
  if (run.exit_code == not_found) return missing_tool("curl", "curl");
  if (run.exit_code == timed_out) return answer(false, url + " does not answer " + within(timeout));
  const std::size_t mark = run.err.rfind(status_mark);
  if (mark == std::string::npos) return Live::unknown("curl did not say how it went" + said(run));
  const auto status = integer(std::string_view(run.err).substr(mark + status_mark.size()));
  if (!status || *status == 0) {  // 000: no answer that had a status
    const std::string why = last_line(std::string_view(run.err).substr(0, mark));
    return answer(false, url + (why.empty() ? " does not answer" : ": " + why));
  }
  const std::string got = url + " answers with status " + std::to_string(*status);
  if (const Value* wanted = spec.find("status"); wanted != nullptr && wanted->is_integer()) {
    if (*status != wanted->as_integer())
      return answer(false, got + ", not " + std::to_string(wanted->as_integer()));
  } else if (*status < 200 || *status >= 400) {
    return answer(false, got);
  }
  const std::string text = spec.string_or("contains", "");
  if (!text.empty() && run.out.find(text) == std::string::npos) {
    return answer(false, got + " and without \"" + text + "\"");
  }
  return answer(true, got);
}

// ---- command ----

std::vector<Probe> probe_command(const Value& spec, std::chrono::seconds timeout) {
  std::vector<std::string> argv;
  if (const Value* words = spec.find("argv"); words != nullptr && words->is_list()) {
    for (const Value& word : words->as_list()) argv.push_back(word.is_string() ? word.as_string() : "");
  }
  return {run_probe(std::move(argv), timeout)};
}

Live judge_command(const Value& spec, std::span<const Reply> replies, std::chrono::seconds timeout) {
  const RunReply& run = run_of(replies[0]);
  const std::int64_t wanted = spec.integer_or("exit", 0);
  const Value* argv = spec.find("argv");
  const std::string program =
      argv != nullptr && argv->is_list() && !argv->as_list().empty() && argv->as_list()[0].is_string()
          ? argv->as_list()[0].as_string()
          : "the command";
  if (run.exit_code != wanted) {
    switch (run.exit_code) {
      case timed_out: return answer(false, program + " did not end " + within(timeout));
      case not_found: return answer(false, program + " is not there");
      case not_executable: return answer(false, program + " cannot be executed");
      default:
        return answer(false, program + " ended with exit code " + std::to_string(run.exit_code) + said(run));
    }
  }
  const std::string text = spec.string_or("contains", "");
  if (!text.empty() && run.out.find(text) == std::string::npos) {
    return answer(false, program + " did not print \"" + text + "\"");
  }
  return answer(true, program + " ended with exit code " + std::to_string(run.exit_code));
}

// ---- disk ----

std::vector<Probe> probe_disk(const Value& spec, std::chrono::seconds timeout) {
  return {run_probe({"df", "-P", "-B1", "--", normalised_path(spec.string_or("path", "/"))}, timeout)};
}

// A size as the schema allows it: a number of bytes, or text with a unit.
std::optional<std::uint64_t> bytes_of(const Value& size) {
  if (size.is_string()) return parse_size(size.as_string());
  if (!size.is_integer() || size.as_integer() < 0) return std::nullopt;
  return static_cast<std::uint64_t>(size.as_integer());
}

// "4.8 GiB": rounded, for people.
std::string about(std::uint64_t bytes) {
  static constexpr std::string_view prefixes = "KMGTP";
  if (bytes < 1024) return std::to_string(bytes) + " B";
  auto number = static_cast<double>(bytes);
  std::size_t power = 0;
  while (number >= 1024 && power < prefixes.size()) {
    number /= 1024;
    ++power;
  }
  const auto tenths = std::llround(number * 10);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " " + prefixes[power - 1] + "iB";
}

// The words of a line, separated by any number of spaces.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

Live judge_disk(const Value& spec, std::span<const Reply> replies, std::chrono::seconds timeout) {
  const RunReply& run = run_of(replies[0]);
  const std::string path = normalised_path(spec.string_or("path", "/"));
  // A file system that does not answer is the very thing that such a check is there to find.
  if (run.exit_code == timed_out)
    return answer(false, "the file system of " + path + " does not answer " + within(timeout));
  if (run.exit_code != 0) return answer(false, "df failed" + said(run));
  // Filesystem, 1-blocks, Used, Available, Capacity, Mounted on. A device's name may hold spaces: count from
  // the capacity, the only word that ends in '%'.
  const std::string row = last_line(run.out);
  const std::vector<std::string_view> words = words_of(row);
  const auto capacity = std::find_if(words.begin(), words.end(), [](std::string_view word) {
    return word.size() > 1 && word.ends_with('%');
  });
  const auto percent = capacity == words.end() ? std::nullopt : integer(*capacity);
  const auto free = !percent || capacity == words.begin() ? std::nullopt : integer(*(capacity - 1));
  if (!percent || !free || *free < 0)
    return Live::unknown("df does not say how full " + path + " is" + said(run));

  const std::string got = path + " is " + std::to_string(*percent) + " % full, " +
                          about(static_cast<std::uint64_t>(*free)) + " free";
  const std::int64_t most = spec.integer_or("maxUsedPercent", 100);
  if (*percent > most) return answer(false, got + "; at most " + std::to_string(most) + " % wanted");
  if (const Value* least = spec.find("minFree"); least != nullptr) {
    const auto bytes = bytes_of(*least);
    if (!bytes) return Live::unknown("`minFree` is no size: write it as in 5GiB");
    if (static_cast<std::uint64_t>(*free) < *bytes)
      return answer(false, got + "; at least " + about(*bytes) + " wanted");
  }
  return answer(true, got);
}

// ---- certificate ----

std::vector<Probe> probe_certificate(const Value& spec, std::chrono::seconds timeout) {
  // The host's own clock: it is that one by which its clients' sessions fail.
  const Probe now = run_probe({"date", "+%s"}, timeout);
  if (spec.find("file") != nullptr)
    return {now, ReadFile{.path = normalised_path(spec.string_or("file", "/")), .known_sha256 = {}}};
  const std::string endpoint = spec.string_or("endpoint", "");
  const std::string host = endpoint.substr(0, endpoint.rfind(':'));
  const std::string script =
      "command -v openssl >/dev/null || exit 127\n"
      "openssl s_client -connect \"$1\" -servername \"$2\" -showcerts </dev/null";
  return {now, run_probe({"sh", "-c", script, "hearth-check", endpoint, spec.string_or("serverName", host)},
                         timeout)};
}

// The PEM text, or why there is none.
struct PemText {
  std::string text;
  std::optional<Live> instead;
};

PemText pem_of(const Reply& reply, const std::string& where, std::chrono::seconds timeout) {
  if (const auto* file = std::get_if<FileReply>(&reply)) {
    switch (file->type) {
      case FileReply::Type::absent: return {"", answer(false, where + " does not exist")};
      case FileReply::Type::symlink:
        return {"", Live::unknown(where + " is a symbolic link to " + file->target +
                                  ": declare the file that it points at")};
      case FileReply::Type::regular:
        if (file->content) return {*file->content, std::nullopt};
        return {"", Live::unknown(where + " is too large for a certificate")};
      case FileReply::Type::directory:
      case FileReply::Type::other: break;
    }
    return {"", Live::unknown(where + " is no regular file")};
  }
  const RunReply& run = run_of(reply);
  if (run.exit_code == not_found) return {"", missing_tool("openssl", "openssl")};
  if (run.exit_code == timed_out) return {"", answer(false, where + " does not answer " + within(timeout))};
  // A failed verification is no matter here: only the dates are asked for.
  if (run.out.find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
    return {"", answer(false, where + " shows no certificate" + said(run))};
  }
  return {run.out, std::nullopt};
}

Live judge_certificate(const Value& spec, std::span<const Reply> replies, std::chrono::seconds timeout) {
  const bool of_file = spec.find("file") != nullptr;
  const std::string where =
      of_file ? normalised_path(spec.string_or("file", "/")) : spec.string_or("endpoint", "");
  const auto now = integer(run_of(replies[0]).out);
  if (!now) return Live::unknown("the host does not tell the time");
  PemText pem = pem_of(replies[1], where, timeout);
  if (pem.instead) return std::move(*pem.instead);
  const auto expiry = first_expiry(pem.text);
  if (!expiry) return answer(false, where + " holds no certificate that can be read");

  constexpr std::int64_t day = std::int64_t{24} * 60 * 60;
  const std::int64_t left = (expiry->at - *now) / day;
  const std::string whose = "the certificate of " + where + " (" + expiry->subject + ")";
  if (expiry->at <= *now) return answer(false, whose + " ran out " + std::to_string(-left) + " days ago");
  const std::int64_t least = spec.integer_or("minDays", 14);
  const std::string got = whose + " is valid for " + std::to_string(left) + " more days";
  if (expiry->at - *now < least * day)
    return answer(false, got + "; at least " + std::to_string(least) + " wanted");
  return answer(true, got);
}

// ---- kernelLog ----

std::vector<Probe> probe_kernel_log(const Value& spec, std::chrono::seconds timeout) {
  const std::string since = spec.string_or("since", "boot");
  std::vector<std::string> argv{"journalctl", "--dmesg",      "--quiet",
                                "--no-pager", "--output=cat", "--grep=" + spec.string_or("pattern", "")};
  // --dmesg alone means "of this boot"; a span may reach into earlier ones.
  if (since != "boot") argv.insert(argv.end(), {"--boot=all", "--since=-" + since});
  return {run_probe({"test", "-c", "/dev/kmsg"}, timeout), run_probe(std::move(argv), timeout)};
}

Live judge_kernel_log(const Value& spec, std::span<const Reply> replies, std::chrono::seconds timeout) {
  if (run_of(replies[0]).exit_code != 0) {
    return Live::unknown(
        "this host has no kernel log of its own (a container): declare the check on its node");
  }
  const RunReply& run = run_of(replies[1]);
  if (run.exit_code == timed_out)
    return Live::unknown("the journal was not searched " + within(timeout) + ": raise `timeout`");
  // journalctl ends with 1 when nothing matches, and also when it fails; only then it complains.
  if (run.exit_code > 1 || (run.exit_code == 1 && !run.err.empty()))
    return Live::unknown("journalctl failed" + said(run));
  const auto lines = std::count(run.out.begin(), run.out.end(), '\n');
  const std::string pattern = "\"" + spec.string_or("pattern", "") + "\"";
  if (lines == 0) return answer(true, "nothing like " + pattern + " in the kernel's log");
  return answer(false, std::to_string(lines) + (lines == 1 ? " line" : " lines") + " like " + pattern +
                           " in the kernel's log, the last: " + last_line(run.out));
}

// ---- updates ----

std::vector<Probe> probe_updates(const Value&, std::chrono::seconds timeout) {
  return {run_probe({"apt-get", "-s", "-q", "--with-new-pkgs", "upgrade"}, timeout)};
}

Live judge_updates(const Value& spec, std::span<const Reply> replies, std::chrono::seconds timeout) {
  static constexpr std::size_t most_named = 5;
  const RunReply& run = run_of(replies[0]);
  if (run.exit_code == not_found) return Live::unknown("apt-get is not installed on this host");
  if (run.exit_code == timed_out)
    return Live::unknown("apt-get did not answer " + within(timeout) + ": raise `timeout`");
  if (run.exit_code != 0) return Live::unknown("apt-get failed" + said(run));
  const bool security = spec.string_or("from", "security") == "security";
  const std::vector<std::string> names = pending_updates(run.out, security);
  const std::string what = security ? "security update" : "update";
  if (names.empty()) return answer(true, "no " + what + " is pending");
  std::string message =
      std::to_string(names.size()) + " " + what + (names.size() == 1 ? " is" : "s are") + " pending: ";
  for (std::size_t i = 0; i < names.size() && i < most_named; ++i) message += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > most_named) message += ", …";
  return answer(false, message);
}

constexpr Question questions[] = {
    {"tcp", probe_tcp, judge_tcp},
    {"http", probe_http, judge_http},
    {"command", probe_command, judge_command},
    {"disk", probe_disk, judge_disk},
    {"certificate", probe_certificate, judge_certificate},
    {"kernelLog", probe_kernel_log, judge_kernel_log},
    {"updates", probe_updates, judge_updates},
};

// The one that RESOURCE declares; nullptr when a manifest got here that the schema does not allow.
const Question* question_of(const Resource& resource) {
  for (const Question& question : questions) {
    if (resource.desired.find(question.field) != nullptr) return &question;
  }
  return nullptr;
}

std::chrono::seconds timeout_of(const Resource& resource) {
  return std::chrono::seconds(resource.desired.integer_or("timeout", 10));
}

}  // namespace

std::vector<Probe> HostChecksProvider::probes(const Resource& resource) const noexcept {
  const Question* question = question_of(resource);
  if (question == nullptr) return {};
  return question->probes(*resource.desired.find(question->field), timeout_of(resource));
}

Live HostChecksProvider::decode(const Resource& resource, std::span<const Reply> replies) const noexcept {
  const Question* question = question_of(resource);
  if (question == nullptr) return Live::unknown("nothing is declared that could be asked");
  const std::vector<Probe> asked = probes(resource);
  if (replies.size() != asked.size()) return Live::unknown("the host gave no answer");
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (const auto* none = std::get_if<NoReply>(&replies[i])) return Live::unknown(none->why);
    const bool file = std::holds_alternative<ReadFile>(asked[i]);
    if (file ? !std::holds_alternative<FileReply>(replies[i])
             : !std::holds_alternative<RunReply>(replies[i])) {
      return Live::unknown("the host answered something else than it was asked");
    }
  }
  return question->judge(*resource.desired.find(question->field), replies, timeout_of(resource));
}

std::vector<Step> HostChecksProvider::next_steps(const Resource&, const Live&) const noexcept {
  return {};
}

std::vector<Step> HostChecksProvider::removal_steps(const Resource&, const Live&) const noexcept {
  return {};
}

std::vector<Probe> HostChecksProvider::discovery_probes(std::string_view) const noexcept {
  return {};
}

std::vector<Found> HostChecksProvider::discover(std::string_view, std::span<const Reply>) const noexcept {
  return {};
}

}  // namespace hearth
