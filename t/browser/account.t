# The account pages and search, as users use them.

use strict;
use warnings;
use Browser;

Browser::run();
