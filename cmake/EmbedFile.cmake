# selfreward_embed(TARGET target FILE report.html SYMBOL kReportHtml): compiles a file into a library as
#   namespace selfreward { extern const std::string_view kReportHtml; }
# The same file is the script that writes the source, run again by the build when FILE changes.
function(selfreward_embed)
  cmake_parse_arguments(ARG "" "TARGET;FILE;SYMBOL" "" ${ARGN})
  set(input "${CMAKE_CURRENT_SOURCE_DIR}/${ARG_FILE}")
  set(output "${CMAKE_CURRENT_BINARY_DIR}/${ARG_FILE}.cpp")
  set(script "${PROJECT_SOURCE_DIR}/cmake/EmbedFile.cmake")
  add_custom_command(OUTPUT "${output}" DEPENDS "${input}" "${script}" VERBATIM
    COMMAND "${CMAKE_COMMAND}" "-DEMBED_INPUT=${input}" "-DEMBED_OUTPUT=${output}"
            "-DEMBED_SYMBOL=${ARG_SYMBOL}" -P "${script}")
  target_sources(${ARG_TARGET} PRIVATE "${output}")
endfunction()

if(EMBED_INPUT)
  file(READ "${EMBED_INPUT}" bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  string(REGEX REPLACE "((........){32})" "\\1\n" bytes "${bytes}") # some compilers dislike endless lines
  file(WRITE "${EMBED_OUTPUT}"
    "// Made from ${EMBED_INPUT} by the build.\n#include <string_view>\n\nnamespace selfreward {\n"
    "static constexpr char kBytes[] = {\n${bytes}\n};\n"
    "extern const std::string_view ${EMBED_SYMBOL};\n"
    "constinit const std::string_view ${EMBED_SYMBOL}(kBytes, sizeof kBytes);\n}  // namespace selfreward\n")
endif()
