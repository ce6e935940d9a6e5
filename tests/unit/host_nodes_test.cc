#include <gtest/gtest.h>

#include "providers/host_nodes/host_nodes_provider.h"
#include "tests/fakes/resources.h"

namespace hearth {
namespace {

const HostNodesProvider provider;

Resource node(std::string name, Map desired) {
  Resource resource;
  resource.address = {"Node", std::move(name), ""};
  resource.desired = std::move(desired);
  return resource;
}

TEST(HostNodes, ReadsTheMachinesOwnName) {
  const Resource resource = node("agent", {{"address", "192.168.1.62"}, {"hostName", "agent"}});
  EXPECT_EQ(provider.probes(resource), (std::vector<Probe>{RunProbe{.argv = {"uname", "-n"}}}));
  for (const char* said : {"pve\n", "pve.lan\n", "pve"}) {
    const Reply replies[] = {RunReply{.exit_code = 0, .out = said, .err = ""}};
    const Live live = provider.decode(resource, replies);
    EXPECT_EQ(live.fields, (Value(Map{{"hostName", "pve"}}))) << said;
    EXPECT_TRUE(provider.next_steps(resource, live).empty());
  }
}

TEST(HostNodes, PassesOnThatTheHostWasNotReached) {
  const Resource resource = node("agent", {{"address", "192.168.1.62"}});
  const Reply none[] = {NoReply{"no route to host"}};
  EXPECT_EQ(provider.decode(resource, none).why, "no route to host");
  const Reply failed[] = {RunReply{.exit_code = 127, .out = "", .err = ""}};
  EXPECT_EQ(provider.decode(resource, failed).presence, Live::Presence::unknown);
  const Reply nameless[] = {RunReply{.exit_code = 0, .out = "\n", .err = ""}};
  EXPECT_EQ(provider.decode(resource, nameless).presence, Live::Presence::unknown);
}

TEST(HostNodes, AsksNothingOfAFolderThatPlaysAHost) {
  const Resource resource = node("pve", {{"transport", "local"}, {"root", "try"}, {"hostName", "pve"}});
  EXPECT_TRUE(provider.probes(resource).empty());
  EXPECT_EQ(provider.decode(resource, {}).fields, (Value(Map{{"hostName", "pve"}})));
  // The machine itself has a name, though.
  EXPECT_EQ(provider.probes(node("pve", {{"transport", "local"}})).size(), 1U);
}

}  // namespace
}  // namespace hearth
