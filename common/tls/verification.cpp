#include "common/tls/verification.hpp"
#include "common/base/plain_text.hpp"

#include <boost/asio/ip/address.hpp>
#include <exception>

namespace entente::tls {
namespace {

Verdict* verdict_of(X509_STORE_CTX* store) {
  auto* const ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  return static_cast<Verdict*>(SSL_get_app_data(ssl));
}

// Sets the alert that the peer sees, and keeps the reason for our side.
int refuse(X509_STORE_CTX* store, int reason, Error error) {
  X509_STORE_CTX_set_error(store, reason);
  verdict_of(store)->refusal = std::move(error);
  return 0;
}

Status judge_by(const VerifyChain& judge, const STACK_OF(X509) * stack) {
  const Result<std::vector<crypto::Certificate>> chain = to_certificates(stack);
  if (!chain) return chain.error();
  if (chain->empty()) return Error(Errc::tls, "the peer sent no certificate");
  return judge(*chain);
}

// No exception may cross OpenSSL's frames.
Status judge_safely(const VerifyChain& judge, const STACK_OF(X509) * stack) noexcept {
  try {
    return judge_by(judge, stack);
  } catch (const std::exception& failure) {
    return Error(Errc::internal, std::string("the peer's certificate could not be judged: ") + failure.what());
  } catch (...) {
    return Error(Errc::internal, "the peer's certificate could not be judged");
  }
}

int on_verify_by_function(X509_STORE_CTX* store, void* judge) {
  const Status verdict = judge_safely(*static_cast<const VerifyChain*>(judge), X509_STORE_CTX_get0_untrusted(store));
  if (!verdict) {
    const bool expired = verdict.error().code() == Errc::expired;
    return refuse(store, expired ? X509_V_ERR_CERT_HAS_EXPIRED : X509_V_ERR_APPLICATION_VERIFICATION, verdict.error());
  }
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

std::string names_of(X509_STORE_CTX* store) {
  constexpr std::size_t shown = 5, longest_name = 255;
  const auto chain = to_certificates(X509_STORE_CTX_get0_untrusted(store));
  if (!chain || chain->empty()) return "nothing readable";
  std::vector<std::string> names = chain->front().dns_names();
  for (std::string& name : chain->front().ip_names()) names.push_back(std::move(name));
  if (names.empty()) return "no DNS name or IP address at all (a common name does not count)";
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < shown; ++i)
    text += (i == 0 ? "" : ", ") + plain_text(names[i], longest_name);
  if (names.size() > shown) text += ", ...";
  return text;
}

std::string explain(X509_STORE_CTX* store, int reason, const WebTrust& trust) {
  std::string text = "certificate of " + trust.host + ": " + X509_verify_cert_error_string(reason);
  switch (reason) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return text + ": it is for " + names_of(store);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return text + ": its authority is not among the " + (trust.roots ? "configured" : "system's") + " roots";
    default:
      return text;
  }
}

int on_verify_by_web_trust(X509_STORE_CTX* store, void* argument) {
  const WebTrust& trust = *static_cast<const WebTrust*>(argument);
  if (X509_verify_cert(store) <= 0) {
    const int reason = X509_STORE_CTX_get_error(store);
    return refuse(store, reason, Error(Errc::tls, explain(store, reason, trust)));
  }
  if (!trust.also) return 1;
  const Status verdict = judge_safely(trust.also, X509_STORE_CTX_get0_chain(store));
  return verdict ? 1 : refuse(store, X509_V_ERR_APPLICATION_VERIFICATION, verdict.error());
}

Status use_roots(SSL_CTX& context, const std::vector<crypto::Certificate>& roots) {
  if (roots.empty()) return Error(Errc::invalid_argument, "tls: no root certificate to trust");
  X509_STORE* const store = SSL_CTX_get_cert_store(&context);
  for (const crypto::Certificate& root : roots) {
    const ByteView der = root.der();
    const unsigned char* at = der.data();
    const crypto::X509Ptr native(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (!native || X509_STORE_add_cert(store, native.get()) != 1) return crypto::drain_errors("tls root certificate");
  }
  // Whatever the operator named is an anchor, an intermediate too.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(&context), X509_V_FLAG_PARTIAL_CHAIN);
  return ok();
}

// RFC 6125: subjectAltName alone (FC-5).
Status use_host(SSL_CTX& context, const std::string& host) {
  X509_VERIFY_PARAM* const parameters = SSL_CTX_get0_param(&context);
  X509_VERIFY_PARAM_set_hostflags(parameters,
                                  X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int set = is_address(host) ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str())
                                   : X509_VERIFY_PARAM_set1_host(parameters, host.data(), host.size());
  return set == 1 ? ok() : Status(crypto::drain_errors("tls host name", Errc::invalid_argument));
}

}  // namespace

bool is_address(const std::string& text) {
  boost::system::error_code error;
  boost::asio::ip::make_address(text, error);
  return !error;
}

Result<std::vector<crypto::Certificate>> to_certificates(const STACK_OF(X509) * stack) {
  std::vector<crypto::Certificate> certificates;
  for (int i = 0; stack != nullptr && i < sk_X509_num(stack); ++i) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(sk_X509_value(stack, i), &der);
    if (size <= 0) return crypto::drain_errors("peer certificate", Errc::tls);
    auto certificate = crypto::Certificate::from_der({der, static_cast<std::size_t>(size)});
    OPENSSL_free(der);
    if (!certificate) return certificate.error();
    certificates.push_back(std::move(*certificate));
  }
  return certificates;
}

void verify_by_function(SSL_CTX& context, const VerifyChain& judge, int mode) {
  SSL_CTX_set_verify(&context, mode, nullptr);
  SSL_CTX_set_cert_verify_callback(&context, on_verify_by_function, const_cast<VerifyChain*>(&judge));
}

Status verify_by_web_trust(SSL_CTX& context, const WebTrust& trust) {
  if (trust.host.empty())
    return Error(Errc::invalid_argument, "tls: a host name to check the certificate for is needed");
  if (const Status host = use_host(context, trust.host); !host) return host.error();
  if (trust.roots) {
    if (const Status roots = use_roots(context, *trust.roots); !roots) return roots.error();
  } else if (trust.system_roots) {
    SSL_CTX_set1_cert_store(&context, trust.system_roots.get());
  } else if (SSL_CTX_set_default_verify_paths(&context) != 1) {
    return crypto::drain_errors("tls: system roots");
  }
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(&context, on_verify_by_web_trust, const_cast<WebTrust*>(&trust));
  return ok();
}

}  // namespace entente::tls
