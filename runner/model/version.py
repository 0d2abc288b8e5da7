"""The version of this distribution: reports and requests name it, and the build takes it from here.

A constant, since asking the installation for it takes longer than reading a small file.
"""

VERSION = "0.1.0"
