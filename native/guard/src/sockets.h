#pragma once

/* Sockets of the IP family are the user network's: QEMU has no others, as Ramet starts it. */
enum kind { UNKNOWN, OTHER, STREAM, DATAGRAM };

/* Of a socket that something is sent or received by. */
enum kind socket_kind(int fd);
/* Of any file, where it is known. */
enum kind socket_known(int fd);
/* Before its number is free for another one. */
void socket_closing(int fd);
