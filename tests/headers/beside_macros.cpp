// SPDX-License-Identifier: Apache-2.0
// The headers stand beside macros of other libraries. What they include from outside comes first, for it makes no such
// promise. The macros min and max are not among these: whoever includes windows.h defines NOMINMAX.
#include "outside_headers.hpp"

#define I poisoned_by_complex_h
#define B0 poisoned_by_termios_h
#define small poisoned_by_rpcndr_h
#define near poisoned_by_windef_h
#define far poisoned_by_windef_h
#define check(condition) poisoned_by_assert_macros_h
#define verify(condition) poisoned_by_assert_macros_h
#define None poisoned_by_x_h
#define Bool poisoned_by_xlib_h
#define Status poisoned_by_xlib_h
#define major(device) poisoned_by_sysmacros_h
#define minor(device) poisoned_by_sysmacros_h

#include "all_headers.hpp"
