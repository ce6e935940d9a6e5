#include "reconciler/manifest/claims.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/fakes/manifest_kinds.h"

namespace hearth {
namespace {

Resource resource(const char* kind, const char* name, const char* host, Map desired) {
  Resource out;
  out.kind = fakes::kinds().find(kind);
  out.address = {kind, name, host};
  out.desired = std::move(desired);
  return out;
}

std::vector<std::string> texts(const std::vector<Claim>& claims) {
  std::vector<std::string> out;
  for (const auto& claim : claims) out.push_back(claim.to_string());
  return out;
}

using Texts = std::vector<std::string>;

TEST(ClaimsOf, FillsTemplatesInTheirOrder) {
  EXPECT_EQ(texts(claims_of(resource("Mount", "m", "pve", Map{{"path", "/mnt/"}, {"device", "UUID=1"}}))),
            (Texts{"path:/mnt@pve", "device:UUID=1@pve"}));
}

TEST(ClaimsOf, SkipsTemplatesOfFieldsThatAreNotDeclared) {
  EXPECT_EQ(texts(claims_of(resource("Mount", "m", "pve", Map{{"path", "/mnt"}}))), Texts{"path:/mnt@pve"});
  EXPECT_EQ(texts(claims_of(resource("Mount", "m", "pve", Map{{"path", "/mnt"}, {"device", nullptr}}))),
            Texts{"path:/mnt@pve"});
}

TEST(ClaimsOf, WalksTheKeysOfAMap) {
  EXPECT_EQ(texts(claims_of(
                resource("Service", "s", "pve",
                         Map{{"unit", "s.service"}, {"dropIns", Map{{"10-a", "x"}, {"20-b", nullptr}}}}))),
            (Texts{"unit:s.service@pve", "path:/etc/systemd/system/s.service.d/10-a.conf@pve",
                   "path:/etc/systemd/system/s.service.d/20-b.conf@pve"}));
}

TEST(ClaimsOf, UseCanonicalForms) {
  EXPECT_EQ(
      texts(claims_of(resource("Service", "s", "pve", Map{{"unit", "s"}, {"dropIns", Map{{"a", "x"}}}}))),
      (Texts{"unit:s.service@pve", "path:/etc/systemd/system/s.service.d/a.conf@pve"}));
  EXPECT_EQ(texts(claims_of(resource("File", "f", "pve", Map{{"path", "/etc/../etc//./f/"}}))),
            Texts{"path:/etc/f@pve"});
}

TEST(ClaimsOf, HaveNoHostForTheCluster) {
  EXPECT_EQ(texts(claims_of(resource("VirtualMachine", "v", "", Map{{"vmid", 103}}))), Texts{"vmid:103"});
}

TEST(PartsOf, AreNoClaims) {
  const Resource alice = resource("Account", "alice", "pve", Map{{"user", "alice"}});
  const auto nobody = [](const Address&) -> const Resource* { return nullptr; };
  EXPECT_EQ(texts(claims_of(alice)), Texts{"user:alice@pve"});
  EXPECT_EQ(texts(parts_of(alice, nobody)), Texts{"path:/etc/accounts@pve"});
}

TEST(PartsOf, GoByTheResourceReferredToAndElseByWhatIsUsual) {
  Resource account = resource("Account", "bob", "pve", Map{{"user", "bob"}, {"home", "/srv/bob/"}});
  const auto find = [&](const Address& address) { return address == account.address ? &account : nullptr; };
  Resource key = resource("Key", "k", "pve", Map{{"user", "bob"}});
  EXPECT_EQ(texts(parts_of(key, find)), Texts{"path:/home/bob/keys@pve"});
  key.dependencies = {{account.address, Dependency::Type::reference, {}}};
  EXPECT_EQ(texts(parts_of(key, find)), Texts{"path:/srv/bob/keys@pve"});
  account.desired.as_map().erase("home");
  EXPECT_EQ(texts(parts_of(key, find)), Texts{"path:/home/bob/keys@pve"});
  // An edge to another one says nothing about this one.
  account.desired = Map{{"user", "eve"}, {"home", "/srv/eve"}};
  EXPECT_EQ(texts(parts_of(key, find)), Texts{"path:/home/bob/keys@pve"});
}

TEST(PartsOf, KnowWhatHoldsForOneValueOnly) {
  const auto nobody = [](const Address&) -> const Resource* { return nullptr; };
  const auto parts = texts(parts_of(resource("Key", "k", "pve", Map{{"user", "root"}}), nobody));
  EXPECT_EQ(parts, (Texts{"path:/root/keys@pve", "path:/home/root/keys@pve"}));
}

TEST(ClaimIndex, KnowsTheHolderAndTheNearestFolderAbove) {
  ClaimIndex index;
  EXPECT_FALSE(index.take({"path", "pve", "/"}, 0));
  EXPECT_FALSE(index.take({"path", "pve", "/mnt"}, 1));
  EXPECT_FALSE(index.take({"path", "pve", "/mnt/a/b"}, 2));
  EXPECT_FALSE(index.take({"path", "Home", "/mnt/a"}, 3));
  EXPECT_EQ(index.take({"path", "pve", "/mnt"}, 4), 1U);
  EXPECT_EQ(index.holder_of_path("pve", "/mnt/a/b"), 2U);
  EXPECT_EQ(index.holder_of_path("pve", "/mnt/a"), std::nullopt);
  EXPECT_EQ(index.holder_of_folder_above("pve", "/mnt/a/b", 2), 1U);
  EXPECT_EQ(index.holder_of_folder_above("pve", "/mnt/a/b/c", 2), 1U);
  EXPECT_EQ(index.holder_of_folder_above("pve", "/mntx", 9), 0U);
  EXPECT_EQ(index.holder_of_folder_above("Home", "/mnt", 9), std::nullopt);
  EXPECT_EQ(index.holder_of_folder_above("pve", "/", 9), std::nullopt);
}

}  // namespace
}  // namespace hearth
