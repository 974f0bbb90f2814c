#include "server/answer_bytes.hpp"

#include <gmock/gmock.h>

#include "tests/server/documents.hpp"

namespace entente::server {
namespace {

using namespace entente::test;
using testing::HasSubstr;
using testing::Not;

const Time noon = from_unix_seconds(1'795'348'694);

std::string text_of(const Decision& decision, const PublicationPtr& publication = nullptr) {
  return *AnswerBytes().of(decision, publication, noon);
}

TEST(HttpDate, IsWrittenAsRfc9110Does) {
  EXPECT_EQ(format_http_date(from_unix_seconds(784'111'777)), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(AnswerBytes, AddDateToThePublication) {
  const PublicationPtr made = publication(1);

  const std::string text = text_of({Answer::bundle, false, false}, made);

  EXPECT_THAT(text, testing::StartsWith("HTTP/1.1 200 OK\r\nDate: " + format_http_date(noon) + "\r\n"));
  EXPECT_THAT(text, testing::EndsWith("\r\n\r\n" + document(1)));
  EXPECT_THAT(text, Not(HasSubstr("Connection:")));
}

TEST(AnswerBytes, SayWhereTheConnectionCloses) {
  EXPECT_THAT(text_of({Answer::bundle, false, true}, publication(1)), HasSubstr("\r\nConnection: close\r\n"));
}

TEST(AnswerBytes, AnswerHeadWithTheSameHeaderAndNoBody) {
  const std::string whole = text_of({Answer::bundle, false, false}, publication(1));
  const std::string head = text_of({Answer::bundle, true, false}, publication(1));

  EXPECT_EQ(head, whole.substr(0, whole.find("\r\n\r\n") + 4));
  EXPECT_TRUE(text_of({Answer::not_found, true, false}).ends_with("\r\n\r\n"));
}

TEST(AnswerBytes, ArePutTogetherOncePerSecondAndPublication) {
  AnswerBytes answers;
  const PublicationPtr first = publication(1), second = publication(2);
  const Decision whole{Answer::bundle, false, false};

  const auto bytes = answers.of(whole, first, noon);

  EXPECT_EQ(answers.of(whole, first, noon + std::chrono::milliseconds(1)), bytes);
  EXPECT_NE(*answers.of(whole, first, noon + std::chrono::seconds(1)), *bytes);
  EXPECT_THAT(*answers.of(whole, second, noon), HasSubstr(document(2)));
}

TEST(AnswerBytes, HoldWhatEachStatusAsksFor) {
  EXPECT_THAT(text_of({Answer::method_not_allowed, false, false}), HasSubstr("\r\nAllow: GET, HEAD\r\n"));
  EXPECT_THAT(text_of({Answer::no_bundle, false, false}), HasSubstr("\r\nRetry-After: 10\r\n"));
  for (const Answer answer :
       {Answer::bad_request, Answer::not_found, Answer::method_not_allowed, Answer::content_too_large,
        Answer::target_too_long, Answer::header_too_large, Answer::no_bundle}) {
    const std::string text = text_of({answer, false, true});
    EXPECT_THAT(text, testing::StartsWith("HTTP/1.1 " + std::to_string(status_of(answer)) + " "));
    const std::string body = text.substr(text.find("\r\n\r\n") + 4);
    EXPECT_THAT(text, HasSubstr("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"));
    EXPECT_THAT(text, Not(HasSubstr("Server:")));
  }
}

}  // namespace
}  // namespace entente::server
