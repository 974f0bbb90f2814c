#include "server/publication.hpp"

#include <gmock/gmock.h>

#include "tests/server/documents.hpp"

namespace entente::server {
namespace {

using namespace entente::test;
using testing::HasSubstr;
using testing::Not;

TEST(Publication, ServesTheVeryBytesOfTheDocument) {  // FS-4, FS-5
  const std::string text = document(7);

  const auto made = prepare_publication(a_test(), text);

  ASSERT_TRUE(made);
  const Publication& publication = **made;
  EXPECT_EQ(publication.ok.substr(publication.ok_head_size), text);
  const std::string head = publication.ok.substr(0, publication.ok_head_size);
  EXPECT_THAT(head, testing::StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nContent-Length: " + std::to_string(text.size()) + "\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nETag: " + publication.etag + "\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nCache-Control: max-age=60\r\n"));
  EXPECT_THAT(head, testing::EndsWith("\r\n\r\n"));
}

TEST(Publication, RepeatsTheCachingFieldsWhenNothingIsModified) {
  const PublicationPtr made = publication(7);

  EXPECT_THAT(made->not_modified, testing::StartsWith("HTTP/1.1 304 Not Modified\r\n"));
  EXPECT_THAT(made->not_modified, HasSubstr("\r\nETag: " + made->etag + "\r\n"));
  EXPECT_THAT(made->not_modified, HasSubstr("\r\nCache-Control: max-age=60\r\n"));
  EXPECT_THAT(made->not_modified, Not(HasSubstr("Content-Length")));
}

TEST(Publication, HasAStrongTagOfItsContent) {
  EXPECT_EQ(publication(7)->etag, publication(7)->etag);
  EXPECT_NE(publication(7)->etag, publication(8)->etag);
  EXPECT_THAT(publication(7)->etag, testing::MatchesRegex("\"[0-9a-f]+\""));
}

TEST(Publication, MayBeCachedForFiveMinutesWhereThereIsNoHint) {
  const auto made = prepare_publication(a_test(), document(7, ""));

  ASSERT_TRUE(made);
  EXPECT_THAT((*made)->ok, HasSubstr("Cache-Control: max-age=300\r\n"));
}

TEST(Publication, ServesAnEmptyBundle) {  // TB-4
  EXPECT_TRUE(prepare_publication(a_test(), R"({"keys":[]})"));
}

TEST(Publication, RefusesADamagedDocument) {
  for (const char* text : {"", "{", "{}", "null", R"({"keys":null})", R"({"keys":[],"keys":[]})", R"({"keys":[]}x)"})
    EXPECT_FALSE(prepare_publication(a_test(), text)) << text;
}

TEST(Publication, LiesInOneFileADomain) {
  EXPECT_EQ(publication_path("/srv/public", a_test()), "/srv/public/a.test.json");
}

}  // namespace
}  // namespace entente::server
