# SPDX-License-Identifier: Apache-2.0
"""The rows of the table of speed, one a module. Each has

NAME            what --only takes
SUBJECT         a line for people
contestants(bench)
                {name: function}: what is run, in turns with those of the other rows of its stage; rows
                that name the same contestant share its runs. A result is a dictionary of numbers.
measures(bench, results)
                the Measures of the row, from {name: [result of each round]}

A row that compares nothing within itself has ONCE = True, and is run in one round only."""
