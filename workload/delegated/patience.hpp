// Who waits for an agent that lets its callers wait: everybody, until one has waited in vain; from then on one at a
// time, until it answers. So that an agent that hangs does not hold up the threads that everybody's calls are served
// on.
#pragma once

namespace entente::workload {

// Not thread-safe.
class Patience {
 public:
  struct Turn {
    bool may_wait = false;
    bool alone = false;
  };

  // Before a wait; after one that was allowed, end().
  Turn begin() {
    if (!in_vain_) return {true, false};
    if (one_waits_) return {false, false};
    one_waits_ = true;
    return {true, true};
  }
  void end(Turn turn, bool in_vain) {
    if (turn.alone) one_waits_ = false;
    in_vain_ = in_vain;
  }
  // It spoke, to whomever.
  void answered() { in_vain_ = false; }

 private:
  bool in_vain_ = false, one_waits_ = false;
};

}  // namespace entente::workload
