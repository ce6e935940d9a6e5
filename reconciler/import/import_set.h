// From what was found to manifests: what is worth declaring, how it is called, and how it is laid out.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "reconciler/core/resource.h"
#include "reconciler/import/discovery.h"
#include "reconciler/manifest/manifest_set.h"
#include "reconciler/manifest/schema_registry.h"

namespace hearth {

// One thing on one host, as a manifest would declare it.
struct Imported {
  const KindSchema* kind = nullptr;
  std::string name;  // unique among all of its kind; things with one claim share it across hosts
  std::string host;
  Value spec;                         // what the manifest says, `${host.` escaped
  std::string claim;                  // what makes it the same thing on several hosts
  std::vector<std::string> comments;  // what the manifest cannot say, and why

  [[nodiscard]] Address address() const;
};

// What is not, or not wholly, declared.
struct LeftOut {
  std::string kind;
  std::string name;
  std::string host;
  std::string why;
};

struct ImportSet {
  std::vector<Imported> things;
  std::vector<LeftOut> left_out;
};

// What of DISCOVERY no package owns and DECLARED does not declare. No secret passes.
ImportSet choose(const Discovery& discovery, const ManifestSet& declared);

// One manifest for one thing.
std::string manifest_of(const Imported& thing);

struct ImportFile {
  std::string name;  // `cron-job.yaml`
  std::string kind;
  std::string text;
};

// The same for people: one file a kind, one document for what is alike, one item for each thing in it, the same thing on
// several hosts once. HOSTS give their order.
std::vector<ImportFile> lay_out(const ImportSet& set, const std::vector<Host>& hosts);

// The manifests of FILES and the texts of a folder together, as load_manifests() would read them. HOSTS are those of
// the folder.
ManifestSet with_files(std::vector<std::pair<std::string, std::string>> folder,
                       const std::vector<std::pair<std::string, std::string>>& files,
                       const std::vector<Host>& hosts, const SchemaRegistry& schemas);

// Loads every thing of SET beside the FOLDER's texts and drops the ones that cannot be read, until the whole is
// sound. What is wrong with the folder itself is an error.
Result<ManifestSet> make_sound(ImportSet& set, const std::vector<std::pair<std::string, std::string>>& folder,
                               const std::vector<Host>& hosts, const SchemaRegistry& schemas);

// Takes out of SET what PLAN (over its things) would change or could not see, field by field where that is enough.
// Returns whether there was any: then it is worth looking again.
bool drop_what_differs(ImportSet& set, const Plan& plan);

}  // namespace hearth
