# Every page in every state.  The long form looks at each page at more widths, in
# both colour schemes, and with scripts off, too.

use strict;
use warnings;
use Browser;

Browser::run();
