# SPDX-License-Identifier: Apache-2.0

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/headwise)
set(pkgconfig_dir ${CMAKE_INSTALL_DATADIR}/pkgconfig)

install(TARGETS headwise_headwise EXPORT headwise_targets FILE_SET HEADERS)
install(TARGETS headwise_cpu EXPORT headwise_cpu_targets FILE_SET HEADERS)
install(TARGETS headwise_cuda EXPORT headwise_cuda_targets FILE_SET HEADERS)
install(EXPORT headwise_targets NAMESPACE headwise:: DESTINATION ${package_dir} FILE headwiseTargets.cmake)
install(EXPORT headwise_cpu_targets NAMESPACE headwise:: DESTINATION ${package_dir} FILE headwiseCpuTargets.cmake)
install(EXPORT headwise_cuda_targets NAMESPACE headwise:: DESTINATION ${package_dir} FILE headwiseCudaTargets.cmake)

configure_package_config_file(
  cmake/headwiseConfig.cmake.in ${PROJECT_BINARY_DIR}/headwiseConfig.cmake INSTALL_DESTINATION ${package_dir}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/headwiseConfigVersion.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/headwiseConfig.cmake ${PROJECT_BINARY_DIR}/headwiseConfigVersion.cmake
        DESTINATION ${package_dir})

file(RELATIVE_PATH include_from_pkgconfig ${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig ${CMAKE_INSTALL_FULL_INCLUDEDIR})
configure_file(cmake/headwise.pc.in ${PROJECT_BINARY_DIR}/headwise.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/headwise.pc DESTINATION ${pkgconfig_dir})
