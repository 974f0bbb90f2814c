#include "common/base/encoding.hpp"

#include <gtest/gtest.h>

#include <random>

namespace entente {
namespace {

// RFC 4648 10.
constexpr std::pair<std::string_view, std::string_view> rfc_vectors[] = {{"", ""},
                                                                         {"f", "Zg=="},
                                                                         {"fo", "Zm8="},
                                                                         {"foo", "Zm9v"},
                                                                         {"foob", "Zm9vYg=="},
                                                                         {"fooba", "Zm9vYmE="},
                                                                         {"foobar", "Zm9vYmFy"}};

std::string unpadded(std::string_view text) { return std::string(text.substr(0, text.find('='))); }

TEST(Base64, WritesAndReadsTheVectorsOfRfc4648) {
  for (const auto& [plain, encoded] : rfc_vectors) {
    EXPECT_EQ(base64_encode(as_bytes(plain)), encoded);
    EXPECT_EQ(as_text(base64_decode(encoded).value()), plain);
    EXPECT_EQ(base64url_encode(as_bytes(plain)), unpadded(encoded));
    EXPECT_EQ(as_text(base64url_decode(unpadded(encoded)).value()), plain);
  }
}

TEST(Base64, UsesEachAlphabetForItsOwnForm) {  // JS-9
  const Bytes bytes{0xfb, 0xff, 0xfe};

  EXPECT_EQ(base64_encode(bytes), "+//+");
  EXPECT_EQ(base64url_encode(bytes), "-__-");
  EXPECT_FALSE(base64_decode("-__-"));
  EXPECT_FALSE(base64url_decode("+//+"));
}

TEST(Base64, WithoutItsPaddingIsRefused) {
  for (const char* text : {"Zg", "Zg=", "Zm8", "Z", "=", "==", "===", "====", "Zg===", "Z===", "Zm9v=", "Zm9v=="})
    EXPECT_FALSE(base64_decode(text)) << text;
}

TEST(Base64, WithPaddingInTheMiddleIsRefused) {
  for (const char* text : {"Zg==Zg==", "Zg=v", "=Zm9", "Zm8=Zm8="}) EXPECT_FALSE(base64_decode(text)) << text;
}

TEST(Base64, WithLineBreaksOrOtherCharactersIsRefused) {
  for (const char* text : {"Zm9v\n", "Zm9v\nYmFy", " Zm9v", "Zm 9v", "Zm9v\r\n", "Zm9!", "Zm9\xc3", "Zm9v\t\t\t\t"})
    EXPECT_FALSE(base64_decode(text)) << text;
  EXPECT_FALSE(base64_decode(std::string_view("Zm9\0", 4)));
}

TEST(Base64, WithStrayBitsIsRefused) {  // JS-9
  for (const char* text : {"Zh==", "Zm9=", "Zm9vYh=="}) EXPECT_FALSE(base64_decode(text)) << text;
  for (const char* text : {"Zh", "Zm9", "Zm9vYh"}) EXPECT_FALSE(base64url_decode(text)) << text;
}

TEST(Base64Url, WithPaddingOrAnImpossibleLengthIsRefused) {  // JS-9
  for (const char* text : {"Zg==", "Zm8=", "Z", "Zm9vY", "Zm9v\n", "Zm9v="})
    EXPECT_FALSE(base64url_decode(text)) << text;
}

TEST(Base64, OfEveryTextThatItReadsIsTheOnlyOne) {
  std::mt19937 random(1);
  constexpr std::string_view letters = "AQgwZ19-_+/=m\n";
  int read = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text(random() % 9, 'A');
    for (char& c : text) c = letters[random() % letters.size()];
    const Result<Bytes> standard = base64_decode(text), url = base64url_decode(text);
    if (standard) {
      ASSERT_EQ(base64_encode(*standard), text);
    }
    if (url) {
      ASSERT_EQ(base64url_encode(*url), text);
    }
    read += standard.has_value() + url.has_value();
  }
  EXPECT_GT(read, 1000);
}

TEST(Base64, SurvivesEveryByteAndLength) {
  Bytes bytes;
  for (int i = 0; i < 260; ++i) {
    EXPECT_EQ(base64_decode(base64_encode(bytes)).value(), bytes);
    EXPECT_EQ(base64url_decode(base64url_encode(bytes)).value(), bytes);
    EXPECT_EQ(hex_decode(hex_encode(bytes)).value(), bytes);
    bytes.push_back(static_cast<std::uint8_t>(i * 7));
  }
}

TEST(Hex, IsWrittenInLowerCaseAndReadInEither) {
  EXPECT_EQ(hex_encode(Bytes{0x00, 0xab, 0xff}), "00abff");
  EXPECT_EQ(hex_decode("00aBFf").value(), (Bytes{0x00, 0xab, 0xff}));
  EXPECT_TRUE(hex_decode("").value().empty());
}

TEST(Hex, WithAnOddLengthOrOtherCharactersIsRefused) {
  for (const char* text : {"0", "abc", "0x", "gg", "0 ", " 0", "00\n0", "\xff\xff"})
    EXPECT_FALSE(hex_decode(text)) << text;
}

}  // namespace
}  // namespace entente
