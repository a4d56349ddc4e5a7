/*
 * A guest of 64 KiB that is its own firmware, for recording migration streams: small, and the same on every QEMU.
 * It fills some pages once, then goes on for ever: eight pages turn from data to zero and back, and a counter, kept in
 * RAM, goes to the serial port now and then. A clone goes on counting where its template stopped.
 */
    .intel_syntax noprefix
    .code16
    .equ COUNTER, 0x500
    .equ ONCE_FIRST, 0x1000     /* segments: pages written once, every second one */
    .equ ONCE_END, 0x3000
    .equ BUSY_FIRST, 0x6000     /* segments: pages written over and over */
    .equ BUSY_PAGES, 8
    .equ PAGE_PARAGRAPHS, 0x100
    .equ PAGE_WORDS, 2048
    .equ PRINT_MASK, 0xff
    .equ UART, 0x3f8

    .org 0
start:
    cli
    cld
    xor ax, ax
    mov ds, ax
    mov ss, ax
    mov sp, 0x7c00
    mov dword ptr ds:[COUNTER], 0

    mov bx, ONCE_FIRST
once:
    mov es, bx
    mov ax, bx
    call fill
    add bx, 2 * PAGE_PARAGRAPHS
    cmp bx, ONCE_END
    jb once

count:
    /* Changing CR0.WP empties the emulated TLB. Before 9.0 QEMU's emulation loses sight of pages that the guest goes
       on writing through it while they are migrated: a recorded stream would differ from the VM's memory. */
    mov eax, cr0
    xor eax, 0x10000
    mov cr0, eax
    inc dword ptr ds:[COUNTER]
    mov bx, BUSY_FIRST
    xor dx, dx                  /* number of the page */
busy:
    mov es, bx
    mov eax, ds:[COUNTER]
    shr eax, 4
    add ax, dx
    test al, 1
    mov ax, 0
    jz 1f
    mov ax, ds:[COUNTER]
1:  call fill
    add bx, PAGE_PARAGRAPHS
    inc dx
    cmp dx, BUSY_PAGES
    jb busy

    test byte ptr ds:[COUNTER], PRINT_MASK
    jnz count
    mov ebx, ds:[COUNTER]
    mov cx, 8
digit:
    rol ebx, 4
    mov al, bl
    and al, 15
    add al, '0'
    cmp al, '9'
    jbe 2f
    add al, 'a' - '9' - 1
2:  call put
    loop digit
    mov al, 10
    call put
    jmp count

fill:                           /* the page at es:0 with ax */
    xor di, di
    mov cx, PAGE_WORDS
    rep stosw
    ret

put:                            /* al to the serial port */
    mov ah, al
    mov dx, UART + 5
3:  in al, dx
    test al, 0x20
    jz 3b
    mov al, ah
    mov dx, UART
    out dx, al
    ret

    .org 0xfff0                 /* where the CPU starts */
    ljmp 0xf000, offset start
    .org 0x10000
