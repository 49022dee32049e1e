#pragma once
// What a client did wrong, or what the server cannot do, as OpenAI's API says it:
//   {"error": {"message", "type", "param", "code"}} with an HTTP status.
#include "base/json.h"

namespace selfreward {

struct ApiError : Error {
  ApiError(int http_status, const std::string& message, std::string parameter = "",
           std::string error_code = "")
      : Error(message), status(http_status), param(std::move(parameter)), code(std::move(error_code)) {}

  int status;
  std::string param, code;  // empty: null
};

/// A request that cannot be answered as it is; `param` names the part that is wrong.
[[noreturn]] inline void bad_request(const std::string& param, const std::string& message,
                                     const std::string& code = "") {
  throw ApiError(400, message, param, code);
}

inline Json error_json(const ApiError& error) {
  const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  const char* type = error.status == 429   ? "rate_limit_error"
                     : error.status >= 500 ? "server_error"
                                           : "invalid_request_error";
  return {{"error",
           {{"message", error.what()},
            {"type", type},
            {"param", or_null(error.param)},
            {"code", or_null(error.code)}}}};
}

}  // namespace selfreward
