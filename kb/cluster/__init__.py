"""Many machines: files are read, cut and encoded on the nodes of a Ray cluster (extra `ray`); one process commits.

    link.py    as the writer sees it: files asked for in order, documents taken as shards   (process of `kb add`)
    files.py   what is sent of a file and of an encoder         packed.py   both, and documents, as bytes
    alike.py   whether a node would make the same of a file     sent.py     bytes over a socket
    driver.py  the process that speaks to Ray                   pool.py     an actor for each whole CPU, elastic
    node.py    what an actor does: read, chunk, encode
"""
