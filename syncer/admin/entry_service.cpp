#include "syncer/admin/entry_service.hpp"

#include <algorithm>

#include "spire/api/server/entry/v1/entry.grpc.pb.h"
#include "syncer/admin/entry_filter.hpp"
#include "syncer/admin/entry_messages.hpp"
#include "syncer/admin/item_status.hpp"
#include "syncer/admin/paging.hpp"
#include "syncer/registry/check_entry.hpp"

namespace entente::syncer {
namespace {

namespace v1 = spire::api::server::entry::v1;
namespace types = spire::api::types;

using Context = Calls::Context;
using Reactor = Calls::Reactor;
using Mask = types::EntryMask;

constexpr std::string_view list_name = "entries";
constexpr const char* no_agents =
    "there are no agents here: this Entente's own workloads are served by its Workload API";

template <class Request>
const Mask* output_mask(const Request& request) {
  return request.has_output_mask() ? &request.output_mask() : nullptr;
}

// Refuses a stream before it begins.
class NoStream final
    : public grpc::ServerBidiReactor<v1::SyncAuthorizedEntriesRequest, v1::SyncAuthorizedEntriesResponse> {
 public:
  NoStream() { Finish({grpc::StatusCode::UNIMPLEMENTED, no_agents}); }
  void OnDone() override { delete this; }
};

class EntryService final : public v1::Entry::CallbackService {
 public:
  EntryService(AdminParts parts, Calls calls) : parts_(std::move(parts)), calls_(std::move(calls)) {}

  Reactor* CountEntries(Context* context, const v1::CountEntriesRequest* request,
                        v1::CountEntriesResponse* response) override {
    return calls_.answer(context, count(request, response));
  }
  Reactor* ListEntries(Context* context, const v1::ListEntriesRequest* request,
                       v1::ListEntriesResponse* response) override {
    return calls_.answer(context, list(request, response));
  }
  Reactor* GetEntry(Context* context, const v1::GetEntryRequest* request, types::Entry* response) override {
    return calls_.answer(context, get(request, response));
  }
  Reactor* BatchCreateEntry(Context* context, const v1::BatchCreateEntryRequest* request,
                            v1::BatchCreateEntryResponse* response) override {
    trust::Actor by = calls_.actor(*context, "BatchCreateEntry");
    return calls_.answer(context, batch_create(context, request, response, std::move(by)));
  }
  Reactor* BatchUpdateEntry(Context* context, const v1::BatchUpdateEntryRequest* request,
                            v1::BatchUpdateEntryResponse* response) override {
    trust::Actor by = calls_.actor(*context, "BatchUpdateEntry");
    return calls_.answer(context, batch_update(context, request, response, std::move(by)));
  }
  Reactor* BatchDeleteEntry(Context* context, const v1::BatchDeleteEntryRequest* request,
                            v1::BatchDeleteEntryResponse* response) override {
    trust::Actor by = calls_.actor(*context, "BatchDeleteEntry");
    return calls_.answer(context, batch_delete(context, request, response, std::move(by)));
  }
  Reactor* GetAuthorizedEntries(Context* context, const v1::GetAuthorizedEntriesRequest*,
                                v1::GetAuthorizedEntriesResponse*) override {
    return Calls::finish(context, {grpc::StatusCode::UNIMPLEMENTED, no_agents});
  }
  grpc::ServerBidiReactor<v1::SyncAuthorizedEntriesRequest, v1::SyncAuthorizedEntriesResponse>* SyncAuthorizedEntries(
      Context*) override {
    return new NoStream;
  }

 private:
  using Answer = Calls::Answer;
  using Outcome = asio::awaitable<Result<trust::RegistrationEntry>>;

  Status check_issuer() const {
    if (parts_.entries) return ok();
    return Error(Errc::unsupported, "there is no embedded issuer: register workloads where their identities come from");
  }

  Answer count(const v1::CountEntriesRequest* request, v1::CountEntriesResponse* response) {
    if (const Status issuing = check_issuer(); !issuing) co_return issuing.error();
    const Result<EntryFilter> filter = entry_filter_from(request->filter());
    if (!filter) co_return filter.error();
    const auto wanted = [&](const trust::RegistrationEntry& entry) { return passes(entry, *filter); };
    response->set_count(static_cast<std::int32_t>(std::ranges::count_if(parts_.entries->all(), wanted)));
    co_return ok();
  }

  // All at once in the order in which identities are handed out; in pages by id, which stays while others come and go.
  Answer list(const v1::ListEntriesRequest* request, v1::ListEntriesResponse* response) {
    if (const Status issuing = check_issuer(); !issuing) co_return issuing.error();
    const Result<PageRequest> page = parse_page(list_name, request->page_size(), request->page_token());
    if (!page) co_return page.error();
    const Result<EntryFilter> filter = entry_filter_from(request->filter());
    if (!filter) co_return filter.error();
    std::vector<const trust::RegistrationEntry*> found;
    for (const trust::RegistrationEntry& entry : parts_.entries->all())
      if (passes(entry, *filter)) found.push_back(&entry);
    if (page->size != 0 || !page->after.empty())
      std::ranges::sort(found, {}, [](const trust::RegistrationEntry* entry) { return entry->id; });
    const auto id = [](const trust::RegistrationEntry* entry) { return entry->id; };
    const auto add = [&](const trust::RegistrationEntry* entry) {
      *response->add_entries() = to_message(*entry, output_mask(*request));
    };
    response->set_next_page_token(each_of_page(list_name, *page, found, id, add));
    co_return ok();
  }

  Answer get(const v1::GetEntryRequest* request, types::Entry* response) {
    if (const Status issuing = check_issuer(); !issuing) co_return issuing.error();
    if (request->id().empty()) co_return Error(Errc::invalid_argument, "id: missing ID");
    const trust::RegistrationEntry* const found = parts_.entries->find(request->id());
    if (!found) co_return Error(Errc::not_found, "entry not found: " + request->id());
    *response = to_message(*found, output_mask(*request));
    co_return ok();
  }

  Answer batch_create(Context* context, const v1::BatchCreateEntryRequest* request,
                      v1::BatchCreateEntryResponse* response, trust::Actor by) {
    if (const Status issuing = check_issuer(); !issuing) co_return issuing.error();
    for (const types::Entry& message : request->entries()) {
      auto& result = *response->add_results();
      if (context->IsCancelled()) {
        *result.mutable_status() = item_cancelled();
        continue;
      }
      const Result<trust::RegistrationEntry> entry = entry_from(message);
      if (!entry) {
        *result.mutable_status() = item_failed(entry.error().within("failed to convert entry"));
        continue;
      }
      const Result<trust::RegistrationEntry> created = co_await create(*entry, by);
      *result.mutable_status() = created ? item_done() : item_failed(created.error());
      // As from SPIRE: whoever made the like of it before is told which one it is.
      const trust::RegistrationEntry* const told = created ? &*created : similar(*entry);
      if (told && (created || created.error().code() == Errc::already_exists))
        *result.mutable_entry() = to_message(*told, output_mask(*request));
    }
    co_return ok();
  }

  Outcome create(trust::RegistrationEntry entry, trust::Actor by) {
    const auto lock = co_await calls_.one_change();
    if (!lock) co_return lock.error();
    Result<trust::RegistrationEntry> created = co_await parts_.entries->create(std::move(entry), std::move(by));
    if (!created) co_return created.error().within("failed to create entry");
    co_return created;
  }

  const trust::RegistrationEntry* similar(const trust::RegistrationEntry& entry) const {
    for (const trust::RegistrationEntry& other : parts_.entries->all())
      if (alike(other, entry)) return &other;
    return nullptr;
  }

  Answer batch_update(Context* context, const v1::BatchUpdateEntryRequest* request,
                      v1::BatchUpdateEntryResponse* response, trust::Actor by) {
    if (const Status issuing = check_issuer(); !issuing) co_return issuing.error();
    const Mask* const mask = request->has_input_mask() ? &request->input_mask() : nullptr;
    for (const types::Entry& message : request->entries()) {
      auto& result = *response->add_results();
      if (context->IsCancelled()) {
        *result.mutable_status() = item_cancelled();
        continue;
      }
      const Result<trust::RegistrationEntry> updated = co_await update(message, mask, by);
      *result.mutable_status() = updated ? item_done() : item_failed(updated.error());
      if (updated) *result.mutable_entry() = to_message(*updated, output_mask(*request));
    }
    co_return ok();
  }

  Outcome update(const types::Entry& message, const Mask* mask, trust::Actor by) {
    if (message.id().empty()) co_return Error(Errc::invalid_argument, "failed to update entry: id: missing entry ID");
    const auto lock = co_await calls_.one_change();
    if (!lock) co_return lock.error();
    const trust::RegistrationEntry* const current = parts_.entries->find(message.id());
    if (!current) co_return Error(Errc::not_found, "failed to update entry: entry not found: " + message.id());
    Result<trust::RegistrationEntry> entry = changed(*current, message, mask);
    if (!entry) co_return entry.error().within("failed to convert entry");
    Result<trust::RegistrationEntry> updated = co_await parts_.entries->update(std::move(*entry), std::move(by));
    if (!updated) co_return updated.error().within("failed to update entry");
    co_return updated;
  }

  Answer batch_delete(Context* context, const v1::BatchDeleteEntryRequest* request,
                      v1::BatchDeleteEntryResponse* response, trust::Actor by) {
    if (const Status issuing = check_issuer(); !issuing) co_return issuing.error();
    for (const std::string& id : request->ids()) {
      auto& result = *response->add_results();
      result.set_id(id);
      if (context->IsCancelled()) {
        *result.mutable_status() = item_cancelled();
        continue;
      }
      const Status erased = co_await erase(id, by);
      *result.mutable_status() = erased ? item_done() : item_failed(erased.error());
    }
    co_return ok();
  }

  asio::awaitable<Status> erase(const std::string& id, trust::Actor by) {
    if (id.empty()) co_return Error(Errc::invalid_argument, "ids: missing entry ID");
    const auto lock = co_await calls_.one_change();
    if (!lock) co_return lock.error();
    const Status erased = co_await parts_.entries->erase(id, std::move(by));
    if (!erased) co_return erased.error().within("failed to delete entry");
    co_return ok();
  }

  AdminParts parts_;
  Calls calls_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_entry_service(AdminParts parts, Calls calls) {
  return std::make_unique<EntryService>(std::move(parts), std::move(calls));
}

}  // namespace entente::syncer
