#include "reconciler/transport/transport.h"

#include <utility>

namespace hearth {

void Transport::execute(OperationGroup operations, std::string lease, Executed done) {
  std::vector<OperationGroup> groups;
  groups.push_back(std::move(operations));
  execute_groups(std::move(groups), std::move(lease),
                 [done = std::move(done)](std::vector<std::vector<OperationResult>> results) {
                   done(std::move(results.front()));
                 });
}

}  // namespace hearth
