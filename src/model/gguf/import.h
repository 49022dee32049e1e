#pragma once
// The parts of import_gguf (gguf.h).
#include "model/files/checkpoint_files.h"
#include "model/gguf/file.h"

namespace selfreward {

/// config.json as transformers spells it for the file's family, from the metadata and the tensors' names.
Json gguf_config(const GgufFile& file);

/// tokenizer.json and tokenizer_config.json, from the metadata. `config` is config.json.
SideFiles gguf_tokenizer_files(const GgufFile& file, const Json& config);

}  // namespace selfreward
