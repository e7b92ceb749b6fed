"""`python -m neuclir_carbon` is the console script."""

import sys

from neuclir_carbon.cli.entry import main

if __name__ == "__main__":
    sys.exit(main())
