# What timelines announce while they are open.

use strict;
use warnings;
use Browser;

Browser::run();
