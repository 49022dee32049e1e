#pragma once
// Models are told apart by their names, in tables and as files.
#include <map>
#include <string>

#include "evaluate/benchmarks/model_answers.h"

namespace selfreward {

/// The names of the models of a call, by the file names that they become.
using ModelNames = std::map<std::string, std::string>;

/// Adds the name of another model. One that is there, that becomes the same file name, or that is too long for
/// one is an Error with what is to be done about it.
inline void check_new_name(ModelNames& names, const std::string& name, const char* remedy) {
  constexpr size_t kLongest = 200;  // of the 255 bytes of a file's name; endings take the rest
  check(name.size() <= kLongest, "[evaluate] a model's name has ", name.size(), " bytes, at most ", kLongest,
        " are wanted: '", name, "'; ", remedy);
  const auto [there, is_new] = names.emplace(file_name_of(name), name);
  check(is_new || there->second != name, "[evaluate] two models are called '", name, "'; ", remedy);
  check(is_new, "[evaluate] the models '", there->second, "' and '", name, "' would share the files of '",
        there->first, "'; ", remedy);
}

}  // namespace selfreward
