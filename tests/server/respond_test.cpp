#include "server/respond.hpp"

#include <gtest/gtest.h>

namespace entente::server {
namespace {

constexpr std::string_view etag = "\"abc\"";

Request get(std::string target = "/bundle") {
  Request request;
  request.method = "GET";
  request.target = std::move(target);
  request.persistent = true;
  return request;
}

Answer answer_to(const Request& request) { return respond(request, "/bundle", etag).answer; }

TEST(Respond, AnswersGetOnThePathWithTheBundle) {  // FS-4
  const Decision decision = respond(get(), "/bundle", etag);

  EXPECT_EQ(decision.answer, Answer::bundle);
  EXPECT_FALSE(decision.head_only);
  EXPECT_FALSE(decision.close);
}

TEST(Respond, AnswersHeadWithTheHeaderAlone) {
  Request request = get();
  request.method = "HEAD";

  const Decision decision = respond(request, "/bundle", etag);

  EXPECT_EQ(decision.answer, Answer::bundle);
  EXPECT_TRUE(decision.head_only);
}

TEST(Respond, PassesOverTheQuery) { EXPECT_EQ(answer_to(get("/bundle?x=/other")), Answer::bundle); }

TEST(Respond, AcceptsTheAbsoluteForm) {
  EXPECT_EQ(answer_to(get("https://a.example:8443/bundle?x")), Answer::bundle);
  EXPECT_EQ(answer_to(get("https://a.example:8443")), Answer::not_found);
  EXPECT_EQ(respond(get("https://a.example"), "/", etag).answer, Answer::bundle);
}

TEST(Respond, KnowsNoOtherPath) {
  for (const char* target : {"/", "/bundle/", "/Bundle", "bundle", "*", "/x?/bundle", "/bundle#x"})
    EXPECT_EQ(answer_to(get(target)), Answer::not_found) << target;
}

TEST(Respond, AllowsNoOtherMethod) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "BREW"}) {
    Request request = get();
    request.method = method;
    EXPECT_EQ(answer_to(request), Answer::method_not_allowed) << method;
  }
}

// FS-8: this endpoint is where the bundle is; it sends nobody elsewhere, whatever is asked.
TEST(Respond, RedirectsNobody) {
  for (const char* target :
       {"/bundle", "/bundle/", "/", "//other.example/bundle", "https://other.example/", "/bundle/.."})
    for (const char* method : {"GET", "HEAD", "POST"}) {
      Request request = get(target);
      request.method = method;
      const unsigned status = status_of(answer_to(request));
      EXPECT_TRUE(status < 300 || status == 304 || status >= 400) << method << " " << target << ": " << status;
    }
}

TEST(Respond, RefusesABodyAndClosesSinceItIsNeverRead) {
  Request with_body = get();
  with_body.has_body = true;
  Request post = with_body;
  post.method = "POST";

  EXPECT_EQ(answer_to(with_body), Answer::content_too_large);
  EXPECT_TRUE(respond(with_body, "/bundle", etag).close);
  EXPECT_EQ(answer_to(post), Answer::method_not_allowed);
  EXPECT_TRUE(respond(post, "/bundle", etag).close);
}

TEST(Respond, ClosesWhereTheClientWillNotGoOn) {
  Request request = get();
  request.persistent = false;

  EXPECT_TRUE(respond(request, "/bundle", etag).close);
}

TEST(Respond, IsUnavailableWhileThereIsNoBundle) {
  Request conditional = get();
  conditional.if_none_match = "*";

  EXPECT_EQ(respond(get(), "/bundle", "").answer, Answer::no_bundle);
  EXPECT_EQ(respond(conditional, "/bundle", "").answer, Answer::no_bundle);
}

TEST(Respond, SaysNotModifiedToWhoHasTheBundle) {
  for (const char* field :
       {"\"abc\"", "W/\"abc\"", "*", "\"x\", \"abc\"", "\"x\",W/\"abc\" , \"y\"", " \"a,b\",\"abc\""}) {
    Request request = get();
    request.if_none_match = field;
    EXPECT_EQ(answer_to(request), Answer::not_modified) << field;
  }
}

TEST(Respond, SendsTheBundleToWhoHasAnother) {
  for (const char* field : {"", "\"abd\"", "abc", "\"ABC\"", "w/\"abc\"", "\"abc", ",", "\"*\""}) {
    Request request = get();
    request.if_none_match = field;
    EXPECT_EQ(answer_to(request), Answer::bundle) << field;
  }
}

TEST(Respond, ClosesAfterARefusal) { EXPECT_TRUE(refuse(Answer::bad_request).close); }

}  // namespace
}  // namespace entente::server
