// The Workload API's messages as values, checked: a defaulted mandatory field or a value that is not what the standard
// says is Errc::schema, and the message is to be discarded (WA-4). Keys in the messages are wiped once read.
#pragma once

#include "common/base/result.hpp"
#include "common/client/workload_client.hpp"

class X509SVIDResponse;
class X509BundlesResponse;
class JWTSVIDResponse;
class JWTBundlesResponse;
class ValidateJWTSVIDResponse;

namespace entente::client {

Result<X509Context> read_answer(X509SVIDResponse& response);
Result<spiffe::BundleSet> read_answer(X509BundlesResponse& response);
Result<spiffe::BundleSet> read_answer(JWTBundlesResponse& response);
Result<std::vector<JwtSvid>> read_answer(JWTSVIDResponse& response);
Result<ValidatedJwt> read_answer(ValidateJWTSVIDResponse& response);

}  // namespace entente::client
