// NfsExport as the functions that it is, and exports as exportfs reads it.

#include <gtest/gtest.h>

#include "providers/nfs/exports.h"
#include "providers/nfs/nfs_provider.h"
#include "tests/fakes/discovery.h"
#include "tests/fakes/resources.h"

namespace hearth {
namespace {

std::string told(const ExportsFile& file) {
  std::string out;
  for (const ExportEntry& entry : file.entries) {
    out += entry.path;
    for (const ExportClient& client : entry.clients) {
      out += " " + client.name + "[";
      for (const std::string& option : client.options) out += (out.ends_with('[') ? "" : ",") + option;
      out += "]";
    }
    out += "\n";
  }
  return out + file.trouble;
}

TEST(Exports, AreReadAsExportfsReadsThem) {
  EXPECT_EQ(told(read_exports("# all of it\n"
                              "/srv/a host(rw,sync) *.lan(ro)  # people\n"
                              "\n"
                              "  /srv/b\t192.168.1.0/24(rw) \\\n"
                              "      @trusted(rw,no_root_squash)\n"
                              "\"/srv/with blank\" host(ro)\n"
                              "/srv/with\\040too host(ro)\n"
                              "/srv/dash -ro,no_subtree_check one two(rw)\n"
                              "/srv/open")),
            "/srv/a host[rw,sync] *.lan[ro]\n"
            "/srv/b 192.168.1.0/24[rw] @trusted[rw,no_root_squash]\n"
            "/srv/with blank host[ro]\n"
            "/srv/with too host[ro]\n"
            "/srv/dash one[ro,no_subtree_check] two[ro,no_subtree_check,rw]\n"
            "/srv/open *[]\n");
}

TEST(Exports, ABlankBeforeTheParenthesisMeansEverybody) {
  EXPECT_EQ(told(read_exports("/srv/a host (rw)\n")), "/srv/a host[] *[rw]\n");
  EXPECT_EQ(told(read_exports("/srv/a host(rw, sync)\n")),
            "1: `host(rw,` is no client with options in parentheses");
}

TEST(Exports, EndAtTheFirstMistake) {
  const ExportsFile file = read_exports("/srv/a host(rw)\n/srv/b host(rw\n/srv/c host(rw)\n");
  EXPECT_EQ(told(file), "/srv/a host[rw]\n2: `host(rw` is no client with options in parentheses");
}

TEST(Exports, AQuoteThatIsNeverClosedIsAMistake) {
  EXPECT_EQ(told(read_exports("/srv/a host(rw)\n\"/srv/b host(rw)\n/srv/c host(rw)\n")),
            "/srv/a host[rw]\n2: a quote is never closed");
}

TEST(Exports, OptionsMeanWhatTheyMean) {
  EXPECT_EQ(canonical_export_options({"rw", "sync", "no_subtree_check", "wdelay"}),
            canonical_export_options({"ro", "rw"}));
  EXPECT_EQ(canonical_export_options({"ro", "sync", "root_squash"}), std::vector<std::string>{});
  EXPECT_EQ(canonical_export_options({"no_auth_nlm", "fsid=root", "mp"}),
            canonical_export_options({"mountpoint", "insecure_locks", "fsid=0"}));
  EXPECT_NE(canonical_export_options({"sec=krb5", "rw", "sec=sys", "ro"}),
            canonical_export_options({"sec=krb5", "ro", "sec=sys", "rw"}));
}

TEST(Exports, OnlyTheClientThatChangesIsWrittenAnew) {
  const std::string text = "/srv/a   one(rw,sync)\\\n\t two(ro)   # people";
  const ExportEntry entry = read_exports(text).entries.at(0);
  const auto changed = [&](const std::map<std::string, std::optional<std::vector<std::string>>>& changes) {
    std::string out;
    for (const std::string& line : export_lines(entry, changes)) out += line + "\n";
    return out;
  };
  EXPECT_EQ(changed({}), text + "\n");
  EXPECT_EQ(changed({{"two", {{"rw"}}}}), "/srv/a   one(rw,sync)\\\n\t two(rw)   # people\n");
  EXPECT_EQ(changed({{"three", {{"ro"}}}}), "/srv/a   one(rw,sync)\\\n\t two(ro) three(ro)   # people\n");
  EXPECT_EQ(changed({{"two", std::nullopt}}), "/srv/a   one(rw,sync)   # people\n");
  EXPECT_EQ(changed({{"one", std::nullopt}, {"two", std::nullopt}}), "");
}

TEST(Exports, DefaultOptionsAreSpelledOutWhereAClientChanges) {
  const ExportEntry entry = read_exports("/srv/a -ro,all_squash one two(rw) # x").entries.at(0);
  EXPECT_EQ(export_lines(entry, {{"two", {{"rw"}}}}),
            std::vector<std::string>{"/srv/a one(ro,all_squash) two(rw) # x"});
}

// ---- NfsExport ----

class NfsExportTest : public testing::Test {
 protected:
  NfsProvider provider;
  Resource resource = host_resource(
      "NfsExport", "films",
      {{"path", "/srv/films"},
       {"clients", Map{{"10.0.0.1", List{"rw", "no_subtree_check"}}, {"10.0.0.2", List{"ro"}}}}});

  Live live(std::string exports, std::string table = "", FileReply threads = regular_file("8\n"),
            std::string more = "") {
    const std::vector<Reply> replies{regular_file(std::move(exports)), RunReply{0, std::move(more), ""},
                                     std::move(threads), regular_file(std::move(table))};
    return provider.decode(resource, replies);
  }
  static std::string edit(const std::vector<Step>& steps) {
    const std::string text = to_string(steps.at(0).operation);
    return text.substr(0, text.find(", checked by"));
  }
};

constexpr const char* table =
    "/srv/"
    "films\t10.0.0.1(rw,sync,wdelay,hide,nocrossmnt,secure,root_squash,no_all_squash,no_subtree_check,secure_"
    "locks,acl,"
    "no_pnfs,anonuid=65534,anongid=65534,sec=sys,rw,secure,root_squash,no_all_squash)\n"
    "/srv/"
    "films\t10.0.0.2(ro,sync,wdelay,hide,nocrossmnt,secure,root_squash,no_all_squash,no_subtree_check,secure_"
    "locks,acl,"
    "no_pnfs,anonuid=65534,anongid=65534,sec=sys,ro,secure,root_squash,no_all_squash)\n";

TEST_F(NfsExportTest, IsMadeAndTheServerIsTold) {
  const Live now = live("# mine\n");
  EXPECT_EQ(now.presence, Live::Presence::absent);
  const auto steps = provider.next_steps(resource, now);
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(edit(steps),
            "edit /etc/exports: nothing becomes '/srv/films 10.0.0.1(rw,no_subtree_check) 10.0.0.2(ro)'");
  EXPECT_FALSE(std::get<ReplaceLines>(steps[0].operation).check.empty());
  EXPECT_EQ(to_string(steps[1].operation), "run exportfs -ra");
  EXPECT_EQ(steps[1].effect, Effect::reload);
}

TEST_F(NfsExportTest, IsInStateInOtherWords) {
  const Live now = live("/srv/films/ 10.0.0.2 10.0.0.1(sync,rw)\n", table);
  EXPECT_EQ(*now.fields.find("clients"), *resource.desired.find("clients"));
  EXPECT_TRUE(now.fields.boolean_or("exported", false));
  EXPECT_FALSE(live("/srv/films/ 10.0.0.2 10.0.0.1(async,rw)\n", table).fields.boolean_or("exported", true));
}

TEST_F(NfsExportTest, OtherClientsStayUnlessItIsExclusive) {
  const std::string line = "/srv/films 10.0.0.1(ro) 10.0.0.2(ro) other(rw)";
  EXPECT_EQ(edit(provider.next_steps(resource, live(line + "\n"))),
            "edit /etc/exports: '" + line +
                "' becomes '/srv/films 10.0.0.1(rw,no_subtree_check) 10.0.0.2(ro) other(rw)'");
  resource.exclusive_fields = {"clients"};
  EXPECT_EQ(
      edit(provider.next_steps(resource, live(line + "\n"))),
      "edit /etc/exports: '" + line + "' becomes '/srv/films 10.0.0.1(rw,no_subtree_check) 10.0.0.2(ro)'");
}

TEST_F(NfsExportTest, WithoutAServerInTheKernelItIsUnknown) {
  const Live now = live("", "", root_owned(FileReply::Type::absent, 0));
  EXPECT_EQ(now.presence, Live::Presence::unknown);
  EXPECT_NE(now.why.find("the kernel of pve serves no NFS"), std::string::npos) << now.why;
  EXPECT_TRUE(provider.next_steps(resource, now).empty());
}

TEST_F(NfsExportTest, AFileWithAMistakeIsLeftAlone) {
  const Live now = live("/srv/x host(rw\n");
  EXPECT_EQ(now.presence, Live::Presence::unknown);
  EXPECT_NE(now.why.find("/etc/exports:1: "), std::string::npos) << now.why;
}

TEST_F(NfsExportTest, ALineThatTwoEntriesShareIsSaid) {
  const Live now = live("/srv/x a(ro) \\\n  b(ro)\n/srv/films 10.0.0.1(rw) \\\n  b(ro)\n");
  EXPECT_EQ(now.presence, Live::Presence::unknown);
  EXPECT_NE(now.why.find("put each entry on one line"), std::string::npos) << now.why;
}

TEST_F(NfsExportTest, AnotherFileThatExportsItIsSaid) {
  const Live now =
      live("", "", regular_file("8\n"),
           "F " + to_base64("/etc/exports.d/a.exports") + " - " + to_base64("/srv/films *(ro)\n") + "\n");
  EXPECT_EQ(now.presence, Live::Presence::unknown);
  EXPECT_NE(now.why.find("/etc/exports.d/a.exports"), std::string::npos) << now.why;
}

TEST_F(NfsExportTest, TakesAwayItsOwnClientsOnly) {
  const std::string line = "/srv/films 10.0.0.1(rw) other(rw)";
  EXPECT_EQ(edit(provider.removal_steps(resource, live(line + "\n"))),
            "edit /etc/exports: '" + line + "' becomes '/srv/films other(rw)'");
  EXPECT_EQ(edit(provider.removal_steps(resource, live("/srv/films 10.0.0.1(rw)\n"))),
            "edit /etc/exports: '/srv/films 10.0.0.1(rw)' becomes nothing");
}

TEST_F(NfsExportTest, AreFound) {
  const auto found = provider.discover(
      "NfsExport", std::vector<Reply>{regular_file("/srv/a one(rw)\n/srv/a/ two(ro) # more\n/srv/b *\n")});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].spec,
            Value(Map{{"path", "/srv/a"}, {"clients", Map{{"one", List{"rw"}}, {"two", List{"ro"}}}}}));
}

}  // namespace
}  // namespace hearth
