#pragma once
// Parts of HTTP that do not know the model: errors, keys, bodies that nobody reads, other origins.
#include <httplib.h>

#include <optional>
#include <string>
#include <vector>

#include "serve/api_error.h"

namespace selfreward {

/// The key of "Bearer KEY", whatever the case of the scheme (RFC 9110, 11.1); nothing where it is another
/// one.
std::optional<std::string> bearer_key(const std::string& authorization);
/// Takes the same time for every key of one length.
bool same_key(const std::string& given, const std::string& key);

void set_json(httplib::Response& response, const Json& json);
void set_error(httplib::Response& response, const ApiError& error);

/// Whether a request may come with a body.
bool may_have_body(const httplib::Request& request);
/// What the request says about the size of its body; 0 where it says nothing.
uint64_t declared_bytes(const httplib::Request& request);
/// Sends the response, whose body is JSON, at once and then closes the connection: what is left of the
/// request's body is neither kept nor taken for the next request.
void close_behind(const httplib::Request& request, httplib::Response& response);

/// Tells a browser that a page of another origin may read the response (the Fetch standard, CORS), where its
/// origin is one of `origins` or "*" is. Nothing where there are none.
void allow_origin(const std::vector<std::string>& origins, const httplib::Request& request,
                  httplib::Response& response);
/// A browser's question before such a request (OPTIONS): every header may be sent.
void answer_preflight(const httplib::Request& request, httplib::Response& response);

}  // namespace selfreward
