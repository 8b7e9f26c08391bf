// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/base/result.h"
#include "sandbar/control/users/types.h"

// What addresses, names and passwords may be. Lengths count characters.

namespace sandbar::control::users {

std::string normal_email(std::string_view email);
bool is_email(std::string_view email);
Result<std::string> checked_name(std::string name);
Result<void> check_password(const Secret& password);
// Everything at once, so that a form can show all that is wrong. The name and address come back normalised.
Result<NewUser> checked(NewUser user);
// A name that is_plain_text() accepts, whatever another provider says.
std::string usable_name(std::string_view name, std::string_view email);

}  // namespace sandbar::control::users
