// Whatever bytes a name, an argument or a content is made of: sh must give them back.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "reconciler/core/digest.h"
#include "reconciler/core/json.h"
#include "reconciler/core/secret.h"
#include "reconciler/transport/process.h"
#include "reconciler/transport/reply_parser.h"
#include "reconciler/transport/shell_script.h"
#include "tests/fakes/fake_secrets.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

// Every byte alike, and more of those that mean something to a shell, to find, or to us.
rc::Gen<char> any_byte() {
  return rc::gen::weightedOneOf<char>(
      {{3, rc::gen::arbitrary<char>()},
       {2, rc::gen::inRange<char>('a', 'e')},
       {2, rc::gen::elementOf(std::string("'\"\\\n\r\t $`*?[]{}()<>|&;#~!%-=.:\x01\x81\x82\x88\xff"))}});
}

rc::Gen<std::string> any_bytes() {
  return rc::gen::container<std::string>(any_byte());
}

rc::Gen<std::string> any_argument() {
  return rc::gen::map(any_bytes(), [](std::string text) {
    std::erase(text, '\0');
    return text;
  });
}

// What can be the name of a file.
rc::Gen<std::string> any_name() {
  return rc::gen::map(any_argument(), [](std::string name) {
    std::erase(name, '/');
    if (name.size() > 60) name.resize(60);
    if (name.empty() || name == "." || name == "..") name += "x";
    return name;
  });
}

ScriptOutput run(const Script& script) {
  ProcessRequest request;
  request.argv = {"sh"};
  request.input = script.text;
  const auto result = run_process(request);
  RC_ASSERT(result.has_value());
  return {result->out, result->err};
}

class Folder {
 public:
  Folder() {
    std::string pattern = testing::TempDir() + "hearth-property-XXXXXX";
    RC_ASSERT(::mkdtemp(pattern.data()) != nullptr);
    path_ = fs::canonical(pattern);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }
  [[nodiscard]] std::string path() const { return path_; }

 private:
  fs::path path_;
};

RC_GTEST_PROP(ShellScriptProperty, ArgumentsSurvive, ()) {
  const std::string nonce = random_hex(16);
  const auto arguments = *rc::gen::container<std::vector<std::string>>(any_argument());
  std::vector<std::string> argv{"printf", "%s\\0"};
  std::string expected;
  for (const std::string& argument : arguments) {
    argv.push_back(argument);
    expected += argument + '\0';
  }
  if (arguments.empty()) expected = std::string(1, '\0');  // printf prints its format once
  const std::vector<Probe> probes{RunProbe{argv}};
  const auto replies = parse_replies(probes, nonce, run(render_observe(probes, nonce)));
  const auto* reply = std::get_if<RunReply>(&replies[0]);
  RC_ASSERT(reply != nullptr);
  RC_ASSERT(reply->out == expected);
  RC_ASSERT(reply->err.empty());
}

RC_GTEST_PROP(ShellScriptProperty, FilesSurviveTheWayThereAndBack, ()) {
  const std::string nonce = random_hex(16);
  const Folder root;
  auto files = *rc::gen::container<std::map<std::string, std::string>>(any_name(), any_bytes());
  while (files.size() > 4) files.erase(std::prev(files.end()));  // each costs some twenty processes
  std::vector<Operation> operations{MakeDirectory{.path = "/dir"}};
  std::vector<Probe> probes{ListDirectory{"/dir"}};
  std::vector<std::string> names;
  for (const auto& [name, content] : files) {
    operations.emplace_back(
        WriteFile{.path = "/dir/" + name, .content = content, .mode = "0600", .expected_sha256 = "absent"});
    probes.emplace_back(ReadFile{"/dir/" + name});                         // with content
    probes.emplace_back(ReadFile{"/dir/" + name, sha256(content), 1000});  // known already
    probes.emplace_back(ReadFile{"/dir/" + name + "/below"});              // of a file nothing can be below
    names.push_back(name);
  }
  const auto results =
      parse_results({operations.size()}, nonce, run(render_execute({operations}, "", nonce, root.path())))
          .at(0);
  for (const OperationResult& result : results) {
    RC_LOG() << result.code << ": " << result.output << "\n";
    RC_ASSERT(result.status == OperationResult::Status::done);
  }
  const auto replies =
      parse_replies(probes, nonce, run(render_observe(probes, nonce, root.path())), root.path());
  const auto* list = std::get_if<ListReply>(&replies[0]);
  RC_ASSERT(list != nullptr);
  RC_ASSERT(list->names == names);
  std::size_t at = 1;
  for (const auto& [name, content] : files) {
    const auto* file = std::get_if<FileReply>(&replies[at++]);
    RC_ASSERT(file != nullptr);
    RC_ASSERT(file->content == content);
    RC_ASSERT(file->mode == 0600U);
    const auto* known = std::get_if<FileReply>(&replies[at++]);
    RC_ASSERT(known != nullptr);
    RC_ASSERT(known->sha256 == sha256(content));
    const auto* below = std::get_if<FileReply>(&replies[at++]);
    RC_ASSERT(below != nullptr);
    RC_ASSERT(below->type == FileReply::Type::absent);
  }
}

// Around text, in a file and on standard input: every byte of a secret arrives, and what is shown of it has none.
RC_GTEST_PROP(ShellScriptProperty, SecretsArriveExactlyAndAreNotShown, ()) {
  const std::string nonce = random_hex(16);
  const Folder root;
  auto secret = *any_argument();
  // Lines of base64 end after 57 bytes.
  secret += std::string(*rc::gen::elementOf(std::vector<std::size_t>{1, 56, 57, 58, 5000}), *any_byte());
  std::erase(secret, '\0');
  RC_PRE(!secret.empty());
  Secrets secrets(std::make_unique<FakeSecrets>(std::map<std::string, std::string>{{"s", secret}}), "key");
  const std::string before = *any_bytes();
  const std::string after = *any_bytes();
  Content content(before);
  content.add(SecretName{"s"});
  content.add(after);
  const std::string shown = to_json(to_value(WriteFile{.path = "/file", .content = content, .mode = "0600"}));
  RC_ASSERT(content.bind(secrets).has_value());
  const WriteFile write{.path = "/file", .content = content, .mode = "0600"};
  RC_ASSERT(to_json(to_value(write)) == shown);
  const auto results =
      parse_results({1}, nonce, run(render_execute({{write}}, "", nonce, root.path()))).at(0);
  RC_LOG() << results[0].output << "\n";
  RC_ASSERT(results[0].status == OperationResult::Status::done);
  std::ifstream file(root.path() + "/file", std::ios::binary);
  RC_ASSERT(std::string(std::istreambuf_iterator<char>(file), {}) == before + secret + after);
}

RC_GTEST_PROP(ShellScriptProperty, LinkTargetsSurvive, ()) {
  const std::string nonce = random_hex(16);
  const Folder root;
  auto target = *any_argument();
  RC_PRE(!target.empty() && target.size() < 200);
  fs::create_symlink(target, root.path() + "/link");
  const std::vector<Probe> probes{ReadFile{"/link"}};
  const auto replies =
      parse_replies(probes, nonce, run(render_observe(probes, nonce, root.path())), root.path());
  const auto* file = std::get_if<FileReply>(&replies[0]);
  RC_ASSERT(file != nullptr);
  RC_ASSERT(file->type == FileReply::Type::symlink);
  RC_ASSERT(file->target == target);
}

// Any bytes at all may come back from a node that is broken or hostile.
RC_GTEST_PROP(ReplyParserProperty, SurvivesAnyAnswer, ()) {
  const std::string nonce = "0123456789abcdef0123456789abcdef";
  const auto piece = rc::gen::weightedOneOf<std::string>(
      {{2, any_bytes()},
       {4, rc::gen::map(rc::gen::elementOf(std::vector<std::string>{"b", "e", "hello", "bye", ""}),
                        [&](const std::string& word) { return nonce + " " + word; })},
       {4, rc::gen::elementOf(std::vector<std::string>{" f0", " h0", " c0", " l0", " u", " i", " j", " s0",
                                                       " r3", " 124", " mixed", "\n"})},
       {1, rc::gen::just(std::string("f\0/a\0f\0"
                                     "644\0"
                                     "0\0"
                                     "0\0r\0r\0"
                                     "3\0"
                                     "1.5\0\0",
                                     26))}});
  const auto pieces = rc::gen::container<std::vector<std::string>>(piece);
  ScriptOutput output;
  for (const std::string& each : *pieces) output.out += each;
  for (const std::string& each : *pieces) output.err += each;
  const std::vector<Probe> probes{ReadFile{"/a"}, ListDirectory{"/b"}, QueryUnit{"c.service", {"/d"}},
                                  RunProbe{{"e"}}};
  RC_ASSERT(parse_replies(probes, nonce, output).size() == probes.size());
  RC_ASSERT(parse_results({3}, nonce, output).at(0).size() == 3U);
}

}  // namespace
}  // namespace hearth
