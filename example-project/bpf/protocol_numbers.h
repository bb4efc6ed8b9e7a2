/* Protocol numbers that the kernel's headers define as macros. BTF carries types, not macros, so
 * vmlinux.h does not have them. (IPPROTO_TCP and its like are an enum: those come from BTF.) */
#pragma once

#define ETH_P_IP 0x0800     /* linux/if_ether.h */
#define ETH_P_ARP 0x0806    /* linux/if_ether.h */
#define ETH_P_8021Q 0x8100  /* linux/if_ether.h */
#define ETH_P_IPV6 0x86DD   /* linux/if_ether.h */
#define ETH_P_8021AD 0x88A8 /* linux/if_ether.h */

#define NEXTHDR_HOP 0       /* net/ipv6.h */
#define NEXTHDR_ROUTING 43  /* net/ipv6.h */
#define NEXTHDR_FRAGMENT 44 /* net/ipv6.h */
#define NEXTHDR_ICMP 58     /* net/ipv6.h */
#define NEXTHDR_DEST 60     /* net/ipv6.h */
