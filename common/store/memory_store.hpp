// A store that forgets: for tests and throwaway set-ups.
#pragma once

#include <map>

#include "common/store/store.hpp"

namespace entente::store {

class MemoryStore final : public Store {
 public:
  Result<Loaded> load() override;
  Status write(std::span<const Change> changes) override;

 private:
  std::map<spiffe::TrustDomain, trust::RecordPtr> records_;
};

}  // namespace entente::store
