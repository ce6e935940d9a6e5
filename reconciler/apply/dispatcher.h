// Sends what is to be done, host by host.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "reconciler/journal/journal.h"
#include "reconciler/loop/loop.h"
#include "reconciler/observe/observer.h"

namespace hearth {

// Groups of operations for one host that come up in one turn of the loop go out together, in one exec: starting a shell on
// a host costs more than most operations do. What the journal holds of them reaches the disk first; where it cannot, they
// come back `not_sent` with code "journal". Used from the loop's thread only.
class Dispatcher {
 public:
  using Done = std::function<void(const std::vector<OperationResult>&)>;

  // LEASE is the token under which everything is sent. All must outlive the dispatcher.
  Dispatcher(Loop& loop, Targets& targets, Journal& journal, const std::string& lease)
      : loop_(loop), targets_(targets), journal_(journal), lease_(lease) {}

  // DONE is called later on the loop, exactly once. What takes long (see is_brief()) is sent ALONE: others shall not wait for it.
  void send(const std::string& host, OperationGroup operations, bool alone, Done done);

 private:
  struct Batch {
    std::vector<OperationGroup> groups;
    std::vector<Done> done;
  };

  void flush(const std::string& host);
  void execute(const std::string& host, Batch batch);

  Loop& loop_;
  Targets& targets_;
  Journal& journal_;
  const std::string& lease_;
  std::map<std::string, Batch> waiting_;  // by host: what goes out when this turn of the loop is over
};

// Whether OPERATION takes about as long as writing a file: nothing is started or stopped, nobody else's program runs.
bool is_brief(const Operation& operation);

}  // namespace hearth
