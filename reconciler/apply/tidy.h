// Drops what runs that died have kept on hosts.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "reconciler/apply/dispatcher.h"
#include "reconciler/journal/journal.h"
#include "reconciler/observe/observer.h"
#include "reconciler/plan/plan.h"

namespace hearth {

// A copy of what a file held (secrets with it) outlives the run that made it when that run dies before its unit of work is
// closed. The plan says which of them nobody needs any more. They are looked at again under the lease: what another run has
// kept since the plan was made is that run's way back.
class Tidy {
 public:
  // All must outlive it.
  Tidy(Observer& observer, Dispatcher& dispatcher, Journal& journal, RunId run)
      : observer_(observer), dispatcher_(dispatcher), journal_(journal), run_(run) {}

  // Before anything else is sent to these HOSTS, whose leases are held. DONE gets why the journal could not be written, or "";
  // what could not be dropped is there for the next run.
  void clear(const std::vector<const HostState*>& hosts,
             std::function<void(const std::string& trouble)> done);

 private:
  struct Gathering;
  void drop(const std::string& host, const std::vector<KeptOnHost>& kept, std::shared_ptr<Gathering> all);

  Observer& observer_;
  Dispatcher& dispatcher_;
  Journal& journal_;
  RunId run_;
};

}  // namespace hearth
