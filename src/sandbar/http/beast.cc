// SPDX-License-Identifier: Apache-2.0
// The one unit that holds Beast's non-template code (BOOST_BEAST_SEPARATE_COMPILATION).
#include <boost/beast/src.hpp>
