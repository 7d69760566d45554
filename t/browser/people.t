# What users do with a mouse, a keyboard or a phone, and without scripts.

use strict;
use warnings;
use Browser;

Browser::run();
