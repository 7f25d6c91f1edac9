# SPDX-License-Identifier: Apache-2.0
#
# motet_module(NAME tokens DEPENDS base score SOURCES … HEADERS … LINKS …)
#
# One module of the house: the static library motet_<name>, its alias motet::<name>, its warnings,
# its headers, its place in the install, and its licence to include: what DEPENDS does not name
# may not be included (tools/check_layers.py reads the same line). LINKS names outside libraries.
function(motet_module)
  cmake_parse_arguments(M "" "NAME" "DEPENDS;SOURCES;HEADERS;LINKS" ${ARGN})
  set(target motet_${M_NAME})
  add_library(${target} STATIC ${M_SOURCES})
  add_library(motet::${M_NAME} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${M_NAME})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_sources(${target} PUBLIC
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${M_HEADERS})
  list(TRANSFORM M_DEPENDS PREPEND motet::)
  motet_share_targets(${M_LINKS})
  target_link_libraries(${target} PUBLIC ${M_DEPENDS} ${M_LINKS})
  motet_compile_options(${target})
  # Only what a target can reach is worth counting: not the tests, nor the programs.
  if(MOTET_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  install(TARGETS ${target} EXPORT motet-targets FILE_SET HEADERS)
endfunction()

# An outside library is found in its module's own folder, yet whoever links the module needs it too.
function(motet_share_targets)
  foreach(library ${ARGN})
    if(TARGET ${library})
      get_target_property(imported ${library} IMPORTED)
      get_target_property(global ${library} IMPORTED_GLOBAL)
      if(imported AND NOT global)
        set_target_properties(${library} PROPERTIES IMPORTED_GLOBAL TRUE)
      endif()
    endif()
  endforeach()
endfunction()

# Warnings and sanitizers, for modules, programs and tests alike.
function(motet_compile_options target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion
    # Files compiled together see each other's file-local names: no shadows that a reader sees.
    $<$<NOT:$<BOOL:${CMAKE_UNITY_BUILD}>>:-Wshadow>
    # GCC 12 sees an overlap in every "text" + std::string (its bug 105651).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
    # Nor is a file that was compiled with others included by anybody.
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${CMAKE_UNITY_BUILD}>>:-Wno-subobject-linkage>)
  if(MOTET_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(MOTET_SANITIZE)
    target_compile_options(${target} PRIVATE
      -fsanitize=${MOTET_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(${target} PUBLIC -fsanitize=${MOTET_SANITIZE})
  endif()
endfunction()
