# SPDX-License-Identifier: Apache-2.0
#
# What `cmake --install` leaves: headers, libraries, find_package(motet), and the models that ship.
include(CMakePackageConfigHelpers)

set(config_folder ${CMAKE_INSTALL_LIBDIR}/cmake/motet)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/motet-config.cmake.in
  ${PROJECT_BINARY_DIR}/motet-config.cmake INSTALL_DESTINATION ${config_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/motet-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/motet-config.cmake
  ${PROJECT_BINARY_DIR}/motet-config-version.cmake DESTINATION ${config_folder})
install(EXPORT motet-targets NAMESPACE motet:: DESTINATION ${config_folder})

if(EXISTS ${PROJECT_SOURCE_DIR}/models)
  install(DIRECTORY models/ DESTINATION ${CMAKE_INSTALL_DATADIR}/motet/models)
endif()
