"""`python -m wco2_engine` is the command `wco2`."""

from wco2_engine.cli import main

if __name__ == "__main__":
    main(prog_name="wco2")
