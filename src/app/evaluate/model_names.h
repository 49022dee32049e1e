#pragma once
// Models are told apart by their names, in tables and as files.
#include <set>
#include <string>

#include "base/error.h"

namespace selfreward {

/// Adds the name of another model. One that is there is an Error, with what is to be done about it.
inline void check_new_name(std::set<std::string>& names, const std::string& name, const char* remedy) {
  check(names.insert(name).second, "[evaluate] two models are called '", name, "'; ", remedy);
}

}  // namespace selfreward
