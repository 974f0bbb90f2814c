#include "common/store/history_reader.hpp"

#include <boost/asio/post.hpp>
#include <exception>

namespace entente::store {
namespace {

Result<StoredHistory> read(Store& store, const spiffe::TrustDomain& trust_domain, const HistoryQuery& query) {
  // The boundary of a thread: an exception here is a bug or memory's end, and must not end the process.
  try {
    return store.history(trust_domain, query);
  } catch (const std::exception& failure) {
    return Error(Errc::store, std::string("store: ") + failure.what());
  }
}

}  // namespace

HistoryReader::~HistoryReader() {
  thread_.stop();
  thread_.join();
}

std::shared_ptr<HistoryRead> HistoryReader::begin(spiffe::TrustDomain trust_domain, HistoryQuery query) {
  auto wanted = std::make_shared<HistoryRead>(control_);
  asio::post(thread_, [this, wanted, trust_domain = std::move(trust_domain), query]() mutable {
    std::optional<Result<StoredHistory>> found;
    if (!wanted->abandoned) found = read(store_, trust_domain, query);
    // The last hold on it must end on the control thread, where its timer lives.
    asio::post(control_, [wanted = std::move(wanted), found = std::move(found)]() mutable {
      if (!found) return;
      wanted->found = std::move(found);
      wanted->answered.raise();
    });
  });
  return wanted;
}

}  // namespace entente::store
