#include <gtest/gtest.h>

#include "providers/host_checks/certificate.h"
#include "providers/host_checks/host_checks_provider.h"
#include "tests/fakes/resources.h"

namespace hearth {
namespace {

const HostChecksProvider provider;

// Made for this test by nobody in particular; their keys are gone.
constexpr std::string_view leaf = R"(-----BEGIN CERTIFICATE-----
MIIBmTCCAT+gAwIBAgIUYTrW9aYRYH1+34ElqxfDN0VgLvMwCgYIKoZIzj0EAwIw
IjENMAsGA1UECgwESG9tZTERMA8GA1UEAwwIbGVhZi5sYW4wHhcNMjYxMTIzMDUx
NzU4WhcNMzYxMTIwMDUxNzU4WjAiMQ0wCwYDVQQKDARIb21lMREwDwYDVQQDDAhs
ZWFmLmxhbjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPfchK6zhZVHswi2LjEe
q66dH2GbP3FtyyoGeR++Tje7k7YeIsmPAzGXkgNYk4Xe3vgK6Cv3uIpEYSuhbh0V
dPOjUzBRMB0GA1UdDgQWBBR5I5yOM03XeUW8ITl5C4aImcrDcTAfBgNVHSMEGDAW
gBR5I5yOM03XeUW8ITl5C4aImcrDcTAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49
BAMCA0gAMEUCIQCmnLQJS+QtUlerxCA7YlQt+yeTC8ejb4T24RQQzcFVNwIgIow1
Huevk0MwaN6jLtkj+McX6drvKpw1+sKR9dk8PzU=
-----END CERTIFICATE-----
)";  // runs out at 2110771078
constexpr std::string_view root = R"(-----BEGIN CERTIFICATE-----
MIIBmTCCAT+gAwIBAgIUdh9vWmaS6575Qgk8milcDhgX6+gwCgYIKoZIzj0EAwIw
IjENMAsGA1UECgwESG9tZTERMA8GA1UEAwwIcm9vdC5sYW4wHhcNMjYxMTIzMDUx
NzU4WhcNMjYxMjIzMDUxNzU4WjAiMQ0wCwYDVQQKDARIb21lMREwDwYDVQQDDAhy
b290LmxhbjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJecooPMMNmKLf9OK5Tj
Or3pPj+qU5qRFAwlQyBDxGOZtvukojRRXL95xjVcUeQNvZAUl/leghWOX36b9vqz
6umjUzBRMB0GA1UdDgQWBBRXyzNbeRKRk0Tm1xx9o7uA/llv6jAfBgNVHSMEGDAW
gBRXyzNbeRKRk0Tm1xx9o7uA/llv6jAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49
BAMCA0gAMEUCIDiFgdg6azkCSS2gHqWmIUTtpVNh2TL68cqkwnTdIAkOAiEA7lVz
kn54E5syN5yzgXtXmnWIWkKZVqjii3O211BvsQ0=
-----END CERTIFICATE-----
)";  // runs out at 1798003078
constexpr std::int64_t root_end = 1798003078;
constexpr std::int64_t day = 24 * 60 * 60;

Resource check(Map desired) {
  return host_resource("Check", "it", std::move(desired));
}

RunReply run(int exit_code, std::string out = {}, std::string err = {}) {
  return {.exit_code = exit_code, .out = std::move(out), .err = std::move(err)};
}

// `healthy: message`, or `unknown: why`.
std::string answer(const Resource& resource, std::vector<Reply> replies) {
  const Live live = provider.decode(resource, replies);
  if (live.presence != Live::Presence::present) return "unknown: " + live.why;
  return std::string(live.fields.boolean_or("healthy", false) ? "yes: " : "no: ") +
         live.fields.string_or("message", "");
}

std::vector<std::string> argv(const Resource& resource, std::size_t index) {
  return std::get<RunProbe>(provider.probes(resource).at(index)).argv;
}

TEST(HostChecks, PassesOnThatTheHostWasNotReached) {
  const Resource resource = check({{"tcp", Map{{"port", 22}}}});
  EXPECT_EQ(answer(resource, {NoReply{"no route to host"}}), "unknown: no route to host");
  EXPECT_EQ(answer(resource, {}), "unknown: the host gave no answer");
  EXPECT_EQ(answer(resource, {FileReply{}}), "unknown: the host answered something else than it was asked");
  EXPECT_EQ(answer(check({}), {}), "unknown: nothing is declared that could be asked");
}

TEST(HostChecks, RepairsNothing) {
  const Resource resource = check({{"tcp", Map{{"port", 22}}}});
  const Live live = Live::present({{"healthy", false}});
  EXPECT_TRUE(provider.next_steps(resource, live).empty());
  EXPECT_TRUE(provider.removal_steps(resource, live).empty());
}

TEST(HostChecks, Tcp) {
  const Resource resource = check({{"tcp", Map{{"port", 8006}}}, {"timeout", 3}});
  EXPECT_EQ(provider.probes(resource),
            (std::vector<Probe>{RunProbe{
                .argv = {"bash", "-c", "exec 3<>\"/dev/tcp/$1/$2\"", "hearth-check", "127.0.0.1", "8006"},
                .timeout = std::chrono::seconds(3)}}));
  EXPECT_EQ(answer(resource, {run(0)}), "yes: 127.0.0.1 port 8006 answers");
  EXPECT_EQ(answer(resource, {run(1, "",
                                  "hearth-check: connect: Connection refused\nhearth-check: line 1: "
                                  "/dev/tcp/127.0.0.1/8006: Connection refused\n")}),
            "no: 127.0.0.1 port 8006: Connection refused");
  EXPECT_EQ(answer(resource, {run(124)}), "no: 127.0.0.1 port 8006 does not answer within 3 s");
  EXPECT_EQ(answer(resource, {run(127)}), "unknown: bash is not installed on this host: apt install bash");
  const Resource elsewhere = check({{"tcp", Map{{"host", "nosuch.example"}, {"port", 2}}}});
  EXPECT_EQ(answer(elsewhere, {run(1, "",
                                   "h: line 1: nosuch.example: Temporary failure in name resolution\nh: line "
                                   "1: /dev/tcp/nosuch.example/2: Invalid argument\n")}),
            "no: nosuch.example port 2: Temporary failure in name resolution");
}

TEST(HostChecks, Http) {
  const std::string url = "http://127.0.0.1:8080/health";
  const Resource any = check({{"http", Map{{"url", url}}}});
  EXPECT_EQ(answer(any, {run(0, "", "\nhearth-status 204\n")}), "yes: " + url + " answers with status 204");
  EXPECT_EQ(answer(any, {run(0, "", "\nhearth-status 404\n")}), "no: " + url + " answers with status 404");
  EXPECT_EQ(answer(any, {run(7, "",
                             "curl: (7) Failed to connect to 127.0.0.1 port 1 after 0 ms: Could not connect "
                             "to server\n\nhearth-status 000\n")}),
            "no: " + url +
                ": curl: (7) Failed to connect to 127.0.0.1 port 1 after 0 ms: Could not connect to server");
  EXPECT_EQ(answer(any, {run(127)}), "unknown: curl is not installed on this host: apt install curl");
  EXPECT_EQ(answer(any, {run(2, "", "curl: option --globoff: is unknown\n")}),
            "unknown: curl did not say how it went: curl: option --globoff: is unknown");

  const Resource status = check({{"http", Map{{"url", url}, {"status", 401}}}});
  EXPECT_EQ(answer(status, {run(0, "", "\nhearth-status 401\n")}),
            "yes: " + url + " answers with status 401");
  EXPECT_EQ(answer(status, {run(0, "", "\nhearth-status 200\n")}),
            "no: " + url + " answers with status 200, not 401");

  const Resource text = check({{"http", Map{{"url", url}, {"contains", "ok"}}}});
  EXPECT_EQ(answer(text, {run(0, "all ok", "\nhearth-status 200\n")}),
            "yes: " + url + " answers with status 200");
  // A page cannot speak for curl.
  EXPECT_EQ(answer(text, {run(0, "ok\nhearth-status 200\n", "\nhearth-status 500\n")}),
            "no: " + url + " answers with status 500");
  EXPECT_EQ(answer(text, {run(0, "down", "\nhearth-status 200\n")}),
            "no: " + url + " answers with status 200 and without \"ok\"");
}

TEST(HostChecks, HttpAsksForThePageOnlyWhereItIsRead) {
  const auto script = [](Map http) { return argv(check({{"http", std::move(http)}}), 0).at(2); };
  EXPECT_NE(script({{"url", "http://x"}}).find("--output /dev/null"), std::string::npos);
  EXPECT_EQ(script({{"url", "http://x"}, {"contains", "y"}}).find("--output"), std::string::npos);
  EXPECT_EQ(script({{"url", "http://x"}}).find("--insecure"), std::string::npos);
  EXPECT_NE(script({{"url", "http://x"}, {"verifyTls", false}}).find("--insecure"), std::string::npos);
  // What a manifest says is never part of a script.
  EXPECT_EQ(script({{"url", "http://x/$(reboot)"}}).find("reboot"), std::string::npos);
}

TEST(HostChecks, Command) {
  const Resource resource = check({{"command", Map{{"argv", List{"findmnt", "/srv"}}}}});
  EXPECT_EQ(argv(resource, 0), (std::vector<std::string>{"findmnt", "/srv"}));
  EXPECT_EQ(answer(resource, {run(0)}), "yes: findmnt ended with exit code 0");
  EXPECT_EQ(answer(resource, {run(1, "", "first\nnot mounted\n\n")}),
            "no: findmnt ended with exit code 1: not mounted");
  EXPECT_EQ(answer(resource, {run(124)}), "no: findmnt did not end within 10 s");
  EXPECT_EQ(answer(resource, {run(127)}), "no: findmnt is not there");
  EXPECT_EQ(answer(resource, {run(126)}), "no: findmnt cannot be executed");
  const Resource expects = check({{"command", Map{{"argv", List{"x"}}, {"exit", 3}, {"contains", "OK"}}}});
  EXPECT_EQ(answer(expects, {run(3, "OK")}), "yes: x ended with exit code 3");
  EXPECT_EQ(answer(expects, {run(3, "KO")}), "no: x did not print \"OK\"");
  EXPECT_EQ(answer(expects, {run(0, "OK")}), "no: x ended with exit code 0: OK");
}

TEST(HostChecks, Disk) {
  const std::string df =
      "Filesystem         1-blocks        Used   Available Capacity Mounted on\n"
      "overlay        270553174016 13900414976 83892879360      15% /\n";
  const auto disk = [](Map limits) {
    limits.set("path", "/");
    return check({{"disk", std::move(limits)}});
  };
  EXPECT_EQ(argv(disk({{"maxUsedPercent", 85}}), 0),
            (std::vector<std::string>{"df", "-P", "-B1", "--", "/"}));
  EXPECT_EQ(answer(disk({{"maxUsedPercent", 15}}), {run(0, df)}), "yes: / is 15 % full, 78.1 GiB free");
  EXPECT_EQ(answer(disk({{"maxUsedPercent", 14}}), {run(0, df)}),
            "no: / is 15 % full, 78.1 GiB free; at most 14 % wanted");
  EXPECT_EQ(answer(disk({{"minFree", "78GiB"}}), {run(0, df)}), "yes: / is 15 % full, 78.1 GiB free");
  EXPECT_EQ(answer(disk({{"minFree", "79GiB"}}), {run(0, df)}),
            "no: / is 15 % full, 78.1 GiB free; at least 79.0 GiB wanted");
  EXPECT_EQ(
      answer(disk({{"maxUsedPercent", 85}}), {run(1, "", "df: /nonexistent: No such file or directory\n")}),
      "no: df failed: df: /nonexistent: No such file or directory");
  EXPECT_EQ(answer(disk({{"maxUsedPercent", 85}}), {run(124)}),
            "no: the file system of / does not answer within 10 s");
  EXPECT_EQ(answer(disk({{"maxUsedPercent", 85}}), {run(0, "Filesystem\nproc 0 0 0 - /proc\n")}),
            "unknown: df does not say how full / is: proc 0 0 0 - /proc");
  const std::string spaces = "h\n//nas/my files 100 50 50 50% /mnt/my files\n";
  EXPECT_EQ(answer(disk({{"maxUsedPercent", 50}}), {run(0, spaces)}), "yes: / is 50 % full, 50 B free");
}

TEST(HostChecks, Certificate) {
  const Resource file =
      check({{"certificate", Map{{"file", "/etc/pve/local/pve-ssl.pem"}, {"minDays", 30}}}});
  EXPECT_EQ(argv(file, 0), (std::vector<std::string>{"date", "+%s"}));
  EXPECT_EQ(provider.probes(file).at(1),
            (Probe(ReadFile{.path = "/etc/pve/local/pve-ssl.pem", .known_sha256 = ""})));
  const auto at = [](std::int64_t seconds) { return run(0, std::to_string(seconds) + "\n"); };
  const Reply pem = regular_file(std::string(root));
  const std::string whose = "the certificate of /etc/pve/local/pve-ssl.pem (O = Home, CN = root.lan)";
  EXPECT_EQ(answer(file, {at(root_end - 30 * day), pem}), "yes: " + whose + " is valid for 30 more days");
  EXPECT_EQ(answer(file, {at(root_end - 30 * day + 1), pem}),
            "no: " + whose + " is valid for 29 more days; at least 30 wanted");
  EXPECT_EQ(answer(file, {at(root_end + 2 * day), pem}), "no: " + whose + " ran out 2 days ago");
  EXPECT_EQ(answer(file, {at(0), FileReply{}}), "no: /etc/pve/local/pve-ssl.pem does not exist");
  EXPECT_EQ(answer(file, {at(0), regular_file("no PEM\n")}),
            "no: /etc/pve/local/pve-ssl.pem holds no certificate that can be read");
  EXPECT_EQ(answer(file, {run(0, "?"), pem}), "unknown: the host does not tell the time");
  EXPECT_EQ(
      answer(file, {at(0), link_to("x.pem")}),
      "unknown: /etc/pve/local/pve-ssl.pem is a symbolic link to x.pem: declare the file that it points at");
  EXPECT_EQ(answer(file, {at(0), directory()}), "unknown: /etc/pve/local/pve-ssl.pem is no regular file");
}

TEST(HostChecks, CertificateOfAnEndpoint) {
  const Resource endpoint = check({{"certificate", Map{{"endpoint", "127.0.0.1:8006"}}}});
  const auto words = argv(endpoint, 1);
  EXPECT_EQ(words.at(4), "127.0.0.1:8006");
  EXPECT_EQ(words.at(5), "127.0.0.1");
  const Reply now = run(0, "1795410474\n");
  EXPECT_EQ(answer(endpoint, {now, run(0, "CONNECTED(00000003)\n---\n" + std::string(root) + "---\n",
                                       "verify error:num=18\n")}),
            "yes: the certificate of 127.0.0.1:8006 (O = Home, CN = root.lan) is valid for 30 more days");
  EXPECT_EQ(answer(endpoint, {now, run(1, "", "connect:errno=111\n")}),
            "no: 127.0.0.1:8006 shows no certificate: connect:errno=111");
  EXPECT_EQ(answer(endpoint, {now, run(124)}), "no: 127.0.0.1:8006 does not answer within 10 s");
  EXPECT_EQ(answer(endpoint, {now, run(127)}),
            "unknown: openssl is not installed on this host: apt install openssl");
}

TEST(HostChecks, FindsTheCertificateThatRunsOutFirst) {
  const auto expiry = first_expiry(std::string(leaf) + "some words\n" + std::string(root));
  ASSERT_TRUE(expiry.has_value());
  EXPECT_EQ(expiry->at, root_end);
  EXPECT_EQ(expiry->subject, "O = Home, CN = root.lan");
  EXPECT_FALSE(first_expiry("").has_value());
  EXPECT_FALSE(first_expiry("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n").has_value());
}

TEST(HostChecks, KernelLog) {
  const Resource resource = check({{"kernelLog", Map{{"pattern", "Hardware Unit Hang"}}}});
  EXPECT_EQ(argv(resource, 0), (std::vector<std::string>{"test", "-c", "/dev/kmsg"}));
  EXPECT_EQ(argv(resource, 1), (std::vector<std::string>{"journalctl", "--dmesg", "--quiet", "--no-pager",
                                                         "--output=cat", "--grep=Hardware Unit Hang"}));
  const Resource day_back = check({{"kernelLog", Map{{"pattern", "x"}, {"since", "24h"}}}});
  EXPECT_EQ(argv(day_back, 1).back(), "--since=-24h");

  EXPECT_EQ(answer(resource, {run(0), run(1)}),
            "yes: nothing like \"Hardware Unit Hang\" in the kernel's log");
  EXPECT_EQ(answer(resource, {run(0), run(0, "e1000e: one\ne1000e: two\n")}),
            "no: 2 lines like \"Hardware Unit Hang\" in the kernel's log, the last: e1000e: two");
  EXPECT_EQ(answer(resource, {run(1), run(1)}),
            "unknown: this host has no kernel log of its own (a container): declare the check on its node");
  EXPECT_EQ(answer(resource, {run(0), run(1, "", "Bad pattern \"fo(o\": missing closing parenthesis\n")}),
            "unknown: journalctl failed: Bad pattern \"fo(o\": missing closing parenthesis");
  EXPECT_EQ(answer(resource, {run(0), run(124)}),
            "unknown: the journal was not searched within 10 s: raise `timeout`");
}

TEST(HostChecks, Updates) {
  const std::string apt =
      "Reading package lists...\n"
      "Inst libssl3 [3.0.1] (3.0.2 Debian-Security:13/stable-security [amd64])\n"
      "Inst bash [5.2] (5.3 Debian:13.1/stable [amd64])\n"
      "Conf libssl3 (3.0.2 Debian-Security:13/stable-security [amd64])\nInst\n";
  const Resource resource = check({{"updates", Map{}}});
  EXPECT_EQ(answer(resource, {run(0, apt)}), "no: 1 security update is pending: libssl3");
  EXPECT_EQ(answer(check({{"updates", Map{{"from", "any"}}}}), {run(0, apt)}),
            "no: 2 updates are pending: libssl3, bash");
  EXPECT_EQ(answer(resource, {run(0, "Inst bash [5.2] (5.3 Debian:13.1/stable [amd64])\n")}),
            "yes: no security update is pending");
  EXPECT_EQ(answer(resource, {run(100, "", "E: The package cache file is corrupted\n")}),
            "unknown: apt-get failed: E: The package cache file is corrupted");
  EXPECT_EQ(answer(resource, {run(124)}), "unknown: apt-get did not answer within 10 s: raise `timeout`");
}

}  // namespace
}  // namespace hearth
