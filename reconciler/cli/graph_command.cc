#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "reconciler/cli/commands.h"
#include "reconciler/cli/installation.h"
#include "reconciler/cli/report.h"
#include "reconciler/graph/dependency_graph.h"
#include "reconciler/manifest/kind_schema.h"
#include "reconciler/manifest/manifest_set.h"
#include "reconciler/manifest/schema_registry.h"
#include "reconciler/transport/process.h"

namespace hearth {

namespace {

// "text" for the DOT language.
std::string dot_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

DependencyGraph graph_of(const ManifestSet& manifests) {
  std::unordered_map<Address, std::size_t> vertex_of;
  for (std::size_t i = 0; i < manifests.resources.size(); ++i)
    vertex_of.emplace(manifests.resources[i].address, i);
  DependencyGraph graph(manifests.resources.size());
  for (std::size_t i = 0; i < manifests.resources.size(); ++i) {
    for (const Dependency& dependency : manifests.resources[i].dependencies) {
      if (const auto found = vertex_of.find(dependency.on); found != vertex_of.end())
        graph.add(i, found->second);
    }
  }
  return graph;
}

// One box a host, in it what lives there; an arrow points at what has to come first.
std::string dot_text(const ManifestSet& manifests, const DependencyGraph& graph) {
  std::string out =
      "digraph hearth {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n";
  std::vector<std::string> hosts = {""};
  for (const Host& host : manifests.hosts) hosts.push_back(host.name);
  for (const std::string& host : hosts) {
    std::string members;
    for (std::size_t i = 0; i < manifests.resources.size(); ++i) {
      const Address& address = manifests.resources[i].address;
      if (address.host != host) continue;
      // The box says the host already.
      members += (host.empty() ? "  n" : "    n") + std::to_string(i) +
                 " [label=" + dot_string(address.kind + "/" + address.name) + "];\n";
    }
    if (members.empty()) continue;
    if (host.empty()) {
      out += members;
    } else {
      out += "  subgraph " + dot_string("cluster_" + host) + " {\n    label=" + dot_string(host) + ";\n" +
             members + "  }\n";
    }
  }
  for (std::size_t from = 0; from < graph.size(); ++from) {
    for (const std::size_t to : graph.dependencies_of(from)) {
      out += "  n" + std::to_string(from) + " -> n" + std::to_string(to) + ";\n";
    }
  }
  return out + "}\n";
}

std::string_view word_of(Dependency::Type type) {
  switch (type) {
    case Dependency::Type::declared: return "declared";
    case Dependency::Type::reference: return "reference";
    case Dependency::Type::within: return "within";
    case Dependency::Type::input: return "input";
  }
  return "";
}

Map graph_json(const ManifestSet& manifests, const DependencyGraph& graph) {
  List resources;
  List edges;
  for (std::size_t from = 0; from < graph.size(); ++from) {
    const Resource& resource = manifests.resources[from];
    Map entry{{"address", resource.address.to_string()}, {"kind", resource.address.kind}};
    if (!resource.address.host.empty()) entry.set("host", resource.address.host);
    if (resource.position.known()) {
      entry.set("file", *resource.position.file);
      entry.set("line", static_cast<std::int64_t>(resource.position.line));
    }
    resources.emplace_back(std::move(entry));

    std::unordered_map<Address, Dependency::Type> type_of;
    for (const Dependency& dependency : resource.dependencies)
      type_of.emplace(dependency.on, dependency.type);
    for (const std::size_t to : graph.dependencies_of(from)) {
      const Address& target = manifests.resources[to].address;
      edges.emplace_back(Map{{"from", resource.address.to_string()},
                             {"to", target.to_string()},
                             {"type", word_of(type_of.at(target))}});
    }
  }
  return Map{{"resources", std::move(resources)}, {"dependencies", std::move(edges)}};
}

}  // namespace

ExitCode run_graph(const Invocation& invocation, const GraphOptions& options) {
  const auto schemas = SchemaRegistry::load(schemas_folder());
  if (!schemas) return fail(invocation, schemas.error());
  const ManifestSet manifests = load_manifests(invocation.folder, *schemas);
  if (!manifests.complete) return fail(invocation, manifests.diagnostics);
  complain(invocation, manifests.diagnostics);

  DependencyGraph graph = graph_of(manifests);
  if (!options.all_edges) graph = graph.reduced();
  if (invocation.json()) {
    print_document(invocation, graph_json(manifests, graph), manifests.diagnostics);
    return ExitCode::clean;
  }
  const std::string dot = dot_text(manifests, graph);
  if (options.format == GraphOptions::Format::dot) {
    print(dot);
    return ExitCode::clean;
  }
  ProcessRequest draw;
  draw.argv = {"dot", "-Tsvg"};
  draw.input = dot;
  const auto drawn = run_process(draw);
  if (!drawn) {
    return fail(invocation, failure("no-dot",
                                    "the picture needs the program dot, which cannot be started: " +
                                        drawn.error().message,
                                    "install graphviz, or draw it elsewhere: hearth graph > graph.dot"));
  }
  if (drawn->end != ProcessResult::End::exited || drawn->exit_code != 0) {
    return fail(invocation, failure("no-dot", "dot could not draw the graph: " + printable(drawn->err),
                                    "the graph as text: hearth graph --format dot"));
  }
  print(drawn->out);
  return ExitCode::clean;
}

}  // namespace hearth
