# motet_module(NAME tokens DEPENDS base score SOURCES … HEADERS … LINKS …)
#
# One module of the house: the static library motet_<name>, its alias motet::<name>, its warnings,
# its place in the install, and its licence to include: what DEPENDS does not name may not be
# included (tools/check_layers.py reads the same line). LINKS names outside libraries.
function(motet_module)
  cmake_parse_arguments(M "" "NAME" "DEPENDS;SOURCES;HEADERS;LINKS" ${ARGN})
  set(target motet_${M_NAME})
  add_library(${target} STATIC ${M_SOURCES})
  add_library(motet::${M_NAME} ALIAS ${target})
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>)
  foreach(dependency ${M_DEPENDS})
    target_link_libraries(${target} PUBLIC motet::${dependency})
  endforeach()
  target_link_libraries(${target} PUBLIC ${M_LINKS})
  motet_compile_options(${target})
endfunction()

function(motet_compile_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
    $<$<BOOL:${MOTET_WERROR}>:-Werror>
    $<$<BOOL:${MOTET_SANITIZE}>:-fsanitize=${MOTET_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all>)
  target_link_options(${target} PUBLIC $<$<BOOL:${MOTET_SANITIZE}>:-fsanitize=${MOTET_SANITIZE}>)
endfunction()
